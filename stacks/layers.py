"""Which distribution is in which Lambda layer, and which AWS services botocore describes there.

A distribution that is new in the lock is added to one of these layers; a test compares them with the lock.
"""

from collections.abc import Mapping

BASE, TOKENS, IDENTITY = "base", "tokens", "identity"
CALENDARS, FIGURES, PAYMENTS = "calendars", "figures", "payments"

DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = {
    # Every function needs these, and the other layers depend on them.
    BASE: (
        *("annotated-types", "pydantic", "pydantic-core", "typing-extensions", "typing-inspection"),
        *("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
        *("aws-lambda-powertools", "aws-xray-sdk", "awscrt", "cachetools", "certifi", "idna"),
        *("sentry-sdk", "tzdata", "wrapt"),
    ),
    # Access tokens. Cryptography is too large for functions that check none.
    TOKENS: ("cffi", "cryptography", "pycparser", "pyjwt"),
    # Passwords, addresses, second factors, passkeys. This layer depends on the tokens' layer.
    IDENTITY: (
        *("argon2-cffi", "argon2-cffi-bindings", "dnspython", "email-validator", "pyotp"),
        *("cbor2", "pyasn1", "pyasn1-modules", "pyopenssl", "webauthn"),
    ),
    CALENDARS: ("icalendar",),
    # The shared cache and the Prometheus format of metrics.
    FIGURES: ("prometheus-client", "redis"),
    PAYMENTS: ("charset-normalizer", "requests", "stripe"),
}
"""The distributions of each layer, by their names in the lock."""

SERVICES = (
    *("cloudwatch", "codedeploy", "dynamodb", "kms", "lambda", "s3", "secretsmanager", "sesv2", "sqs", "sts"),
)
"""The AWS services that functions call through boto3: botocore's data of all others are not deployed."""
