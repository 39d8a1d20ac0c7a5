"""Who did what: entries, their chain, and the base of every row that is kept."""
