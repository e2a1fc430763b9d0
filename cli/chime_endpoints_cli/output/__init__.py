"""What commands print: text, tables, error messages."""
