"""The endpoints to import, and their entries in the file."""
