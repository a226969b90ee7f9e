"""Machines that can be targets, as last seen; the search grammar."""
