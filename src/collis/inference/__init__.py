"""Inference: which muscles drive the posture, and how surely."""
