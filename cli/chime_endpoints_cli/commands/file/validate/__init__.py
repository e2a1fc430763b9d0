"""`chime-endpoints validate`: checks declaration files without AWS and without CDK."""
