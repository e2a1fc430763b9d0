"""A declaration file read for the local cloud, and what the file refers to."""
