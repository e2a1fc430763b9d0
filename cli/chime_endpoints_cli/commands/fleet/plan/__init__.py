"""`chime-endpoints fleet plan`: what a run with a manifest would do, before anything is changed."""
