"""The end of a run: its result, and the response to CloudFormation."""
