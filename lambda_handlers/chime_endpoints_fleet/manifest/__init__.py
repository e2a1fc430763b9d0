"""The manifest: one endpoint for each line."""
