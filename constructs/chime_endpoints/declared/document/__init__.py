"""The text of a declaration file: YAML or JSON, parsed into nodes and converted to values."""
