"""The services of the local cloud, and the environment in which programs use them."""
