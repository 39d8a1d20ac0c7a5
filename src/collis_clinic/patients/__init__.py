"""The patient's own pages and diary."""
