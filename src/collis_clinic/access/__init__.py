"""Who may do what: users, roles, one table of permissions."""
