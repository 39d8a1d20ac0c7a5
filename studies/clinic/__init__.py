"""What the studies of the clinic share: a clinic of its own for each, in a process of its own."""
