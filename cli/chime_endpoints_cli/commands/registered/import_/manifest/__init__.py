"""`import --fleet`: writes the manifest of a fleet, in steps that an interruption does not undo."""
