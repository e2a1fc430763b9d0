"""A fleet: 10,000 to a million endpoints as one resource."""
