"""The local cloud of `local up`, which runs in the background, and its files."""
