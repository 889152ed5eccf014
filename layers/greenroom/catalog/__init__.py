"""The catalogue: who can be booked, for what, and when they are open."""
