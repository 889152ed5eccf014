"""The headers of every answer: one table, also for the gateway's own errors in the stack."""

from collections.abc import Collection, Mapping

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), fullscreen=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), payment=(), publickey-credentials-get=(), usb=()"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The policy of pages: their own assets and nothing else, nothing inline, and no form but by their script."""

REFERENCE_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""The policy of the API reference, whose UI makes style elements and attributes. Scripts stay as strict."""

_EXPOSED = (
    "ETag, Location, Retry-After, Idempotency-Replayed, RateLimit, RateLimit-Policy, "
    "X-Correlation-Id, X-Request-Id"
)
_REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Correlation-Id"


def cors_headers(origin: str | None, allowed: Collection[str]) -> dict[str, str]:
    """Return the CORS headers of an answer to ``origin``: none for an origin that is not allowed."""
    if not allowed:
        return {}
    headers = {"Vary": "Origin"}
    if origin in allowed:
        # Answers an allowed page may read must also pass its resource policy.
        headers |= {
            "Access-Control-Allow-Origin": str(origin),
            "Access-Control-Expose-Headers": _EXPOSED,
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
    return headers


def preflight_headers(
    origin: str | None, allowed: Collection[str], methods: Collection[str]
) -> dict[str, str]:
    """Return the headers of a preflight answer: the resource's real methods, for allowed origins alone."""
    headers = cors_headers(origin, allowed)
    if origin in allowed and methods:
        headers |= {
            "Access-Control-Allow-Methods": ", ".join(sorted(methods)),
            "Access-Control-Allow-Headers": _REQUEST_HEADERS,
            "Access-Control-Max-Age": "600",
        }
    return headers
