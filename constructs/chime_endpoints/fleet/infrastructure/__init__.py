"""What a fleet runs on: two functions, a state machine and a bucket."""
