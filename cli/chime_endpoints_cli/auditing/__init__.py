"""`chime-endpoints audit`: endpoints that a stack once named, and that no stack holds."""
