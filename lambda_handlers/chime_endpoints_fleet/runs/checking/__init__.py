"""A check: compare what is registered with the ledger, and change nothing."""
