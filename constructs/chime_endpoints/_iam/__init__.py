"""Policy statements and policies of the function's role, and their size against IAM's quotas."""
