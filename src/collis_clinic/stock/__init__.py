"""Toxin in the cupboard: lots, vials, movements, recalls."""
