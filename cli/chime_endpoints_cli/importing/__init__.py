"""`chime-endpoints import`: endpoints that are registered already, as entries of `endpoints.yaml` that adopt them."""
