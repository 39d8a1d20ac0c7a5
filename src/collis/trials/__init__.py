"""Virtual trials, and the shipped model held against published trials and single patients."""
