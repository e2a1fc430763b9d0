"""The options of a fleet that are values of their own."""
