"""A world over the emulator, as the bookings' own tests have it: with a connection for each thread."""

from tests.service.bookings.conftest import dynamodb, world

__all__ = ["dynamodb", "world"]
