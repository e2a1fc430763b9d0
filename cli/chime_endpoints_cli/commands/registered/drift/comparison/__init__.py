"""Compares single resources of a stack with the service."""
