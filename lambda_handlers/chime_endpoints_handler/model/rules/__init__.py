"""The rules for properties, and what a device token is."""
