"""The command line: commands' base classes, shared options, exit codes, and the outermost error handler."""
