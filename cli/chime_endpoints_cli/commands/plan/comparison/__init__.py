"""What CloudFormation would do with each resource."""
