"""What a run tells of itself: what failed, and its metrics."""
