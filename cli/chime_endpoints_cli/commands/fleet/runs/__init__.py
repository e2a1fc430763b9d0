"""Commands that start and stop runs; the fleet's function does the work."""
