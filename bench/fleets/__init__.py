"""Measurements of fleets: growth, pace, memory and price."""
