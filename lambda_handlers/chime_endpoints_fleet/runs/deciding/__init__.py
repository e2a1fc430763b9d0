"""What a run has to change, and whether it may."""
