"""The policies that one stack's endpoints and tags need on a provider's role."""
