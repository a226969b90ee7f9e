"""Runs on a schedule or at startup: when they come, what is asked of the cloud, what became of each execution."""
