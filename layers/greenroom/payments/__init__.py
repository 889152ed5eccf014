"""Payments: a port to the provider, and what its messages do to a booking."""
