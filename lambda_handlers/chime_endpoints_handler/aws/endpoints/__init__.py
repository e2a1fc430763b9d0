"""The endpoints of Amazon Chime SDK Identity."""
