"""What an AWS account, or the local cloud, has: read over the APIs that the commands call."""
