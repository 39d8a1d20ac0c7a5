"""Work done after the answer: queued, leased, done once.

A job is a function decorated with `django_tasks.task` that wraps its work in `leasing.once(key, ...)`; it is queued
inside the transaction of the change that needs it.
"""
