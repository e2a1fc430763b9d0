"""What CloudFormation says about the stack and its resources."""
