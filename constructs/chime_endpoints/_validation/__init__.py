"""Validation of constructs' options at synthesis."""
