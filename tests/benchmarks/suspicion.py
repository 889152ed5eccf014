"""Times what looking for signs of an attack adds to a request: ``python -m tests.benchmarks.suspicion``.

Prints the microseconds of the quickest of several rounds, which on a busy machine is the one to believe.
"""

import sys
import timeit
from typing import Any

from functions.bookings.routes import routes
from greenroom.gateway.requests import read_event
from greenroom.gateway.security_events import Said, log_security_events

ROUNDS, CALLS = 15, 300

BOOKING: dict[str, Any] = {
    "offering_id": "off_00000000000000000000000000501",
    "start": "2027-03-05T19:00:00",
    "time_zone": "Europe/Paris",
    "venue": "Olympia, 28 boulevard des Capucines, Paris",
    "brief": (
        "Three songs and a short greeting for our anniversary; the band is there, the stage is 8 x 6 m. "
        "Doors open at 18:00 - sound check an hour before."
    ),
}
LONGEST = {**BOOKING, "brief": ("Three songs and a greeting, it's fine; doors at 18:00. " * 80)[:4000]}
WORST = {**BOOKING, "brief": "<a on" * 800}
HEADERS = {
    "User-Agent": ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"],
    "Referer": ["https://booking.test/celebrities/zoe"],
    "X-Forwarded-For": ["198.51.100.7"],
}


def microseconds(document: dict[str, Any]) -> float:
    """Return what one booking with that body costs."""
    request = read_event({"httpMethod": "POST", "resource": "/v1/bookings", "multiValueHeaders": HEADERS})
    said = Said(routes.find("POST", "/v1/bookings"), document)

    def look() -> None:
        log_security_events(request, said, status=201, origins=())

    return min(timeit.repeat(look, number=CALLS, repeat=ROUNDS)) / CALLS * 1e6


def main() -> int:
    """Measure and print."""
    bodies = {"an ordinary booking": BOOKING, "a brief of 4,000 characters": LONGEST, "a hostile one": WORST}
    for name, document in bodies.items():
        sys.stdout.write(f"{name:30} {microseconds(document):8.0f} µs\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
