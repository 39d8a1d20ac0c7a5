"""Stories told by patients."""
