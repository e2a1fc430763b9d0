"""The custom resource types."""
