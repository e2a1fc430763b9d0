"""The `chime-endpoints` command: the local cloud, the demo, and what is registered."""
