"""The changes to one shard of the fleet."""
