"""The role through which Amazon Chime SDK messaging delivers pushes, and what its policies allow."""
