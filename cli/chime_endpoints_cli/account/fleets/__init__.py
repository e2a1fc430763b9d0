"""Fleets: the deployed resources, and the objects in their buckets."""
