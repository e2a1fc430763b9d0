"""`chime-endpoints fleet list` and `failures`: what the ledgers say about single endpoints."""
