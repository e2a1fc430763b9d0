"""Commands for the declaration file: `init`, `validate` and `schema`."""
