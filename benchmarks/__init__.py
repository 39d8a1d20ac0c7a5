"""Benchmarks: how long the program takes and how much memory. Written and recorded like the studies."""
