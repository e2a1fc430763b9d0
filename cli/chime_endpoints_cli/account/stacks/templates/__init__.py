"""Templates: what they declare, with the values that CloudFormation inserted."""
