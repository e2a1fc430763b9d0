"""`chime-endpoints list`: endpoints of users or app instances, and the stack of each endpoint."""
