"""The mechanics of the neck: from muscle drive to posture. A research model, not validated in patients."""
