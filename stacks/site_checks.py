"""What of a site's settings could not work: domains, partners and restored tables."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from stacks.stages import Site

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):[0-9]{12}:certificate/[0-9a-f-]{36}")
_PARTNER = re.compile(r"[a-z][a-z0-9-]{1,30}")
_RESTORED = re.compile(r"(identity|catalog|bookings)=([A-Za-z0-9_.-]{3,255})")
_STREAM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}")


def troubles(site: "Site") -> Iterator[str]:
    """Yield what is wrong, each beginning with the setting's name."""
    yield from _domain(site, "")
    yield from _domain(site, "cdn_")
    if site.domain and site.public_url and urlsplit(site.public_url).hostname != site.domain:
        # With a domain of its own the API answers under that name alone.
        yield f"public_url is not an address of its domain, {site.domain}"
    if len(set(filter(_PARTNER.fullmatch, site.partners))) != len(site.partners):
        yield "partners must be different names of a-z, 0-9 and hyphens"
    if site.cache_for_partners and not site.partners:
        yield "cache_for_partners is for nobody: it has no partners"
    if not all(map(_RESTORED.fullmatch, site.restored_tables)):
        yield "restored_tables must be like bookings=<table>; counters have none"
    elif ("bookings" in site.restored) != bool(_STREAM.fullmatch(site.restored_stream or "")):
        yield "restored_stream must be the label of a restored bookings' stream"


def _domain(site: "Site", prefix: str) -> Iterator[str]:
    domain, certificate = getattr(site, f"{prefix}domain"), getattr(site, f"{prefix}certificate_arn")
    if (domain is None) != (certificate is None):
        yield f"{prefix}domain and {prefix}certificate_arn go together"
    if domain is not None and not _DOMAIN.fullmatch(domain):
        yield f"{prefix}domain must be a domain's name, in lower case"
    found = _CERTIFICATE.fullmatch(certificate or "")
    if certificate is not None and found is None:
        yield f"{prefix}certificate_arn is not the ARN of a certificate in ACM"
    if prefix == "cdn_" and found and found[1] != "us-east-1":
        yield f"cdn_certificate_arn must be of us-east-1, not of {found[1]}"
