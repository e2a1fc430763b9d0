"""`chime-endpoints fleet …`: plans, follows, starts and stops the runs of a fleet."""
