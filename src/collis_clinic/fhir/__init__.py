"""FHIR R4 at the edge."""
