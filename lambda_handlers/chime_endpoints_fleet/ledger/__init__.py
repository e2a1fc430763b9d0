"""The ledger: what the fleet has registered, and what it is about to do."""
