"""What a run creates, and how everything that a run created is found and deleted."""
