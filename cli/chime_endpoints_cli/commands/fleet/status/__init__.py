"""`chime-endpoints fleet status`: how far the newest run of a fleet is."""
