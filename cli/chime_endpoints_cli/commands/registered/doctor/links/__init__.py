"""The links between a message and a device, each looked up where it is configured."""
