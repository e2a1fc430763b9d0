"""`chime-endpoints audit`: finds endpoints that no longer belong to a stack."""
