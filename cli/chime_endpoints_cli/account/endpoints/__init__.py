"""Users and endpoints as Amazon Chime SDK returns them."""
