"""The clinical record: patients, visits, sessions, plans, tasks."""
