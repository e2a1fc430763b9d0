"""The plan, and how it is printed."""
