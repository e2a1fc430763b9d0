"""Runs of fleets: how far they are, what they have found, and commands to start them."""
