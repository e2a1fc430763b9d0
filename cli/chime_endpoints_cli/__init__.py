"""The `chime-endpoints` command: the local cloud, and what is registered."""
