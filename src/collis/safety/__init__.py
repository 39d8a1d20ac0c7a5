"""The gate and the screen: plain Python, blind to every model."""
