"""A payment provider for one machine: the real one's HTTP, its books, and its signed messages."""
