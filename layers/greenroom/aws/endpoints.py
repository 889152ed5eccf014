"""The address of a service in a region, as botocore finds it."""

import os

_DNS_SUFFIXES = {"cn": "amazonaws.com.cn", "eusc": "amazonaws.eu"}
"""By the first part of a region's name: China, and the European Sovereign Cloud."""


def endpoint_url(service: str, region: str) -> str:
    """Return the configured URL of a service, else the one of its region; FIPS if the environment asks."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        service_id = service.upper().replace("SECRETSMANAGER", "SECRETS_MANAGER")
        for name in (f"AWS_ENDPOINT_URL_{service_id}", "AWS_ENDPOINT_URL"):
            if url := os.environ.get(name):
                return url
    fips = "-fips" if os.environ.get("AWS_USE_FIPS_ENDPOINT", "").lower() == "true" else ""
    if service == "dynamodb" and region.startswith("us-gov-"):
        fips = ""  # its ordinary endpoints there are FIPS endpoints
    suffix = _DNS_SUFFIXES.get(region.partition("-")[0], "amazonaws.com")
    return f"https://{service}{fips}.{region}.{suffix}"
