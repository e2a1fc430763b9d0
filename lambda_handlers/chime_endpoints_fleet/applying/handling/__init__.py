"""The handler, run for one change, with the ledger in the place of CloudFormation."""
