"""What connections to the API are encrypted with."""

TLS = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
"""TLS 1.3 or 1.2, with forward secrecy; the gateway has no listener without TLS."""
