"""The demo of `make demo`: deploys, changes and destroys endpoints.yaml on a local cloud. It needs a clone."""
