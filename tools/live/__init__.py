"""The conformance suite of `make live`: observes the real services in a sandbox of its own. It needs a clone."""
