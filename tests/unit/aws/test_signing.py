"""Our signatures are botocore's, to the letter."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from greenroom.aws.signing import Credentials, Signer

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
MOMENTS = st.integers(1_600_000_000, 2_200_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))


def _reference(
    service: str,
    region: str,
    host: str,
    headers: dict[str, str],
    body: bytes,
    *,
    at: datetime,
    who: Credentials,
) -> dict[str, str]:
    class Fixed(SigV4Auth):  # whose only clock is the system's
        def add_auth(self, request: Any) -> None:
            request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
            own: Any = self
            own._modify_request_before_signing(request)
            canonical = self.canonical_request(request)
            signature = self.signature(self.string_to_sign(request, canonical), request)
            own._inject_signature_to_request(request, signature)

    request = AWSRequest("POST", f"https://{host}/", headers, body)
    Fixed(BotoCredentials(who.access_key, who.secret_key, who.token or None), service, region).add_auth(
        request
    )
    return {name.lower(): value for name, value in request.headers.items()}


@given(
    service=st.sampled_from(["dynamodb", "kms", "secretsmanager"]),
    region=st.sampled_from(["eu-central-1", "us-gov-west-1"]),
    host=st.sampled_from(["dynamodb.eu-central-1.amazonaws.com", "127.0.0.1:4566", "localhost:80"]),
    target=TEXT,
    body=st.binary(max_size=200),
    at=MOMENTS,
    who=st.builds(Credentials, TEXT, TEXT, TEXT | st.just("")),
)
def test_a_request_is_signed_as_botocore_signs_it(
    service: str, region: str, host: str, target: str, body: bytes, at: datetime, who: Credentials
) -> None:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": target}

    signed = Signer(service, region).sign(host, headers, body, who, at.timestamp())

    assert signed.pop("host") == host
    assert signed == _reference(service, region, host, headers, body, at=at, who=who)


@pytest.mark.parametrize("change", ["the day", "the secret"])
def test_one_signer_keeps_up_with_the_day_and_with_the_secret(change: str) -> None:
    signer, who, at = Signer("kms", "eu-central-1"), Credentials("a", "b"), datetime(2027, 1, 1, tzinfo=UTC)
    signer.sign("h", {}, b"", who, at.timestamp())
    if change == "the day":
        at = at.replace(day=2)
    else:
        who = Credentials("a", "c")

    assert (
        signer.sign("h", {}, b"", who, at.timestamp())["authorization"]
        == (Signer("kms", "eu-central-1").sign("h", {}, b"", who, at.timestamp())["authorization"])
    )


def test_credentials_show_no_secret() -> None:
    assert "hunter2" not in repr(Credentials("AKIA", "hunter2", "hunter2"))
