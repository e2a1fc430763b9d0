"""MiniStack with changes: it rejects what AWS rejects, and its CloudFormation creates Chime and push resources."""
