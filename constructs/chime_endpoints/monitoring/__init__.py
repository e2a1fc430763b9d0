"""Alarms, the dashboard, and the rule for undelivered pushes."""
