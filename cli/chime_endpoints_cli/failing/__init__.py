"""What goes wrong while a command runs, as one message: what happened, a code, and what to do."""
