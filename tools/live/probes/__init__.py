"""One probe for each switch of the emulator: what the real service does."""
