"""The declaration file, `endpoints.yaml`: read, checked, and turned into stacks (`stacks`, which alone needs CDK)."""
