"""Performs steps: each look adds a fact, each change adds what it did and drops the facts that it made stale."""
