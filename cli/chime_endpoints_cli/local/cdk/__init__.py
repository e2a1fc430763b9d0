"""The `cdk` command: how to find it, run it and read its context."""
