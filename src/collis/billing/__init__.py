"""What a session costs and what a payer wants to read: claim lines, the patient's share, the authorisation packet."""
