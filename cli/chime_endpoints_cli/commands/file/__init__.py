"""Commands for the declaration file: `validate` and `schema`."""
