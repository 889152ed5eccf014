"""Bookings: the rules of an engagement from request to completion, and where they are kept."""
