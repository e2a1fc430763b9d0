"""A run: one pass from a version of the manifest to registered endpoints."""
