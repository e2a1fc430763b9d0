"""Commands that help to use the others: `explain` and `completion`."""
