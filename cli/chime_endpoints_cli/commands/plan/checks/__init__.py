"""What could make the service or IAM refuse a call."""
