"""Calls to AWS and to the local cloud, with retries, a rate limit and threads."""
