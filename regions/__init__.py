"""Regions of the account, and how fresh what we know of each is."""
