"""`chime-endpoints drift`: compares deployed stacks with what is registered."""
