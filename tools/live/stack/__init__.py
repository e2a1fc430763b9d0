"""The life of a stack: what CloudFormation, Lambda and CloudWatch Logs do, where this project assumes something."""
