"""Runs the function itself on what is registered, without changing anything."""
