"""The tags of one identity, collected from everything that carries tags for it."""
