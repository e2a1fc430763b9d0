"""`chime-endpoints fleet check`: compares what is registered with the fleet's ledgers."""
