"""Commands about registered endpoints: list, drift, import, audit."""
