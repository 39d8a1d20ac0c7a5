"""De-identified figures over all patients."""
