"""Text on the terminal: sentences, tables, progress, streams that never fail."""
