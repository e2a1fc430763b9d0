"""Translates failures of a command into one message: what happened, a code, and what to do."""
