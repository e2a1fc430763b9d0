"""The beginning of a run: an event of CloudFormation or a command, and the executions that it starts."""
