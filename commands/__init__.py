"""Saved commands, as last seen, with the console's own parameter definitions."""
