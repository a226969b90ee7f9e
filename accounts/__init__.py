"""Who may do what, and who did what: sign-in, roles, audit."""
