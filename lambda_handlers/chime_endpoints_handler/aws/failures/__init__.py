"""How calls fail, and what to do about it."""
