"""Collis: planning, prediction and study of botulinum-toxin treatment of cervical dystonia."""

__version__ = "0.1.0"
