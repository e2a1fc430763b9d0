"""`chime-endpoints local …`: starts, stops and uses the local cloud."""
