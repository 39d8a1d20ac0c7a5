"""Notes, letters and claims out of one record."""
