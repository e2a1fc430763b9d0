"""The entries of a declaration file: their fields, values and rules."""
