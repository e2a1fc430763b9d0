"""`chime-endpoints import`: writes entries of `endpoints.yaml` that adopt registered endpoints."""
