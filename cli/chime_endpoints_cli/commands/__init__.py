"""The commands: a module or package for each, named as the command is."""
