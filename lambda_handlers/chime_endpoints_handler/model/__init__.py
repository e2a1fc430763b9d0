"""What users declare and what ids and codes mean: standard library only, shared with the constructs."""
