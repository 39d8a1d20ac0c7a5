"""The pharmacy: how a plan is mixed, drawn up and labelled. Doors into it are in `collis.api`."""
