"""Stacks in one or several regions, their templates, and the endpoints that belong to them."""
