"""Calls of AWS services within the time that is left."""
