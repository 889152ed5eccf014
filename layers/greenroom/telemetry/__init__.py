"""Signals of a running function: one structured log line a request, and counts of what it called."""
