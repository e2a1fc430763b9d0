"""`chime-endpoints plan`: what a deployment would do, before anything is changed."""
