"""The event, what CloudFormation says about the resource, and the response."""
