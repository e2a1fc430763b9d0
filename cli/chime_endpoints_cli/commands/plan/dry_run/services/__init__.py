"""The services as a dry run sees them: reads are the account's, changes stay in memory."""
