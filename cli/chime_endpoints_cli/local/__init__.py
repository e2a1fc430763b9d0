"""The local cloud, and the programs and files that it works with."""
