"""The runtime's signatures are botocore's, for the request as it arrives."""

from typing import Any

import pytest
from awscrt.auth import AwsCredentialsProvider
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from greenroom.aws.client import DYNAMODB, KMS, SECRETS, Client, Service, Timeouts
from greenroom.aws.runtime import Endpoint, Runtime
from tests.service.aws.servers import serving

SIGNED = {"content-length", "content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"}


def _reference(service: str, url: str, headers: dict[str, str], body: bytes, token: str | None) -> str:
    """Return the signature that botocore makes for the request that a server received."""
    kept = {name: value for name, value in headers.items() if name.lower() in SIGNED}
    request = AWSRequest("POST", url, kept, body)
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer: Any = SigV4Auth(Credentials("key", "secret", token), service, "eu-central-1")
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))


@pytest.mark.parametrize("token", [None, "a session"], ids=["long-lived key", "session"])
@pytest.mark.parametrize(
    ("service", "operation"),
    [(DYNAMODB, "get_item"), (KMS, "sign"), (SECRETS, "get_secret_value")],
    ids=["dynamodb", "kms", "secretsmanager"],
)
def test_a_request_carries_botocores_signature(service: Service, operation: str, token: str | None) -> None:
    provider = AwsCredentialsProvider.new_static("key", "secret", token)
    with serving() as server:
        endpoint = Endpoint(server.url, service.name, "eu-central-1", Runtime(provider))
        client = Client(service, endpoint, Timeouts(connect=5, read=5, attempts=1))

        body = getattr(client, operation)(Name="Zoë / ünï & +")

        (headers,) = server.received
        assert body == {"Name": "Zoë / ünï & +"}  # the server returns it
        sent = b'{"Name":"Zo\\u00eb / \\u00fcn\\u00ef & +"}'
        expected = _reference(service.name, server.url + "/", headers, sent, token)
        assert headers["Authorization"].rpartition("Signature=")[2] == expected
        assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=key/")
        assert headers.get("X-Amz-Security-Token") == token
