"""The emulated push applications of AWS End User Messaging (formerly Amazon Pinpoint), with channels and messages."""
