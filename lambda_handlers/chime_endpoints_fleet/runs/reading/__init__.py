"""The beginning of a run: read the manifest and divide it into shards."""
