"""The guide for patients."""
