"""The stacks that entries are assigned to, and the quotas that they use there, without CDK."""
