"""What is to be deployed: a declaration file, or the templates of a synthesized app."""
