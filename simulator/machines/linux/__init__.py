"""Linux machines: their files, accounts, services and commands."""
