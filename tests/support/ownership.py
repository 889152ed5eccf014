"""Whose the things are that paths name. Tests of access expect by it what routes must answer."""

SIDES = {
    "booking_id": {"buyer", "agent", "admin"},
    "celebrity_id": {"agent", "admin"},
    "offering_id": {"agent"},
    "block_id": {"agent"},
    "session_id": {"buyer"},
    "upload_id": {"agent"},
    "user_id": {"admin"},
    "passkey_id": {"buyer"},
}
"""Of what a path names: who may see the one that the tests use."""

PREFIXES = {
    "booking_id": "bkg",
    "celebrity_id": "cel",
    "offering_id": "off",
    "block_id": "blk",
    "session_id": "ses",
    "upload_id": "upl",
    "user_id": "usr",
    "passkey_id": "pky",
}
"""How its ids begin."""
