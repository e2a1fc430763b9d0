"""The rounds of a run: change the shards, and look at what is left."""
