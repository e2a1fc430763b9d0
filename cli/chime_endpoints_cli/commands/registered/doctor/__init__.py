"""`chime-endpoints doctor`: follows the way of a push, and finds the link at which it ends."""
