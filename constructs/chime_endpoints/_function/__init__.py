"""The Lambda function's code, timeouts, log encryption and subnets."""
