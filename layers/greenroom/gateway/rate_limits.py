"""The fields that tell a caller its quota, as draft-ietf-httpapi-ratelimit-headers-10 writes them.

Both are lists of structured fields (RFC 9651) with one member: a policy's name and its parameters.
"""

from greenroom.limits.policies import Policy
from greenroom.limits.standing import Standing


def policy_fields(policy: Policy) -> dict[str, str]:
    """Return what a route's limit is: ``"general";q=100;w=900``."""
    return {"RateLimit-Policy": f'"{policy.name}";q={policy.limit};w={policy.seconds}'}


def standing_fields(standing: Standing) -> dict[str, str]:
    """Return what is left of it, and in how many seconds more comes back: ``"general";r=99;t=900``."""
    return {"RateLimit": f'"{standing.policy.name}";r={standing.remaining};t={standing.reset}'}
