"""What only whoever runs the system has: its tables, its signing key and its secrets, in the emulator.

Attacks are made with it that would need a stolen key, so that they fail for what they are and not for a
signature that nobody could make.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from pydantic import Secret

from greenroom.actors import Role
from greenroom.aws.client import DYNAMODB
from greenroom.identity.ceremonies import NewCredential
from greenroom.identity.operator import operator
from greenroom.identity.passkeys import Passkeys
from greenroom.identity.tokens import raw_signature
from greenroom.storage.tables import Tables
from local import resources
from tests.support.system import RunningSystem

IDENTITY, LIMITS = "greenroom-local-identity", "greenroom-local-limits"


@dataclass(frozen=True)
class Backstage:
    """The emulator of a running system."""

    system: RunningSystem

    @cached_property
    def url(self) -> str:
        """Its address: it names its process file by its port."""
        (file,) = (self.system.data / "emulator" / "tmp").glob("ministack-*.pid")
        return f"http://127.0.0.1:{file.stem.rpartition('-')[2]}"

    @cached_property
    def tables(self) -> Tables:
        return Tables(resources.own_client(DYNAMODB, self.url))

    @cached_property
    def _kms(self) -> Any:
        return resources.client("kms", self.url)

    def sign(self, text: str) -> bytes:
        """Sign as the token issuer does: r and s, the smaller of the two."""
        answer = self._kms.sign(
            KeyId=resources.SIGNING_KEY,
            Message=text.encode(),
            MessageType="RAW",
            SigningAlgorithm="ECDSA_SHA_256",
        )
        return raw_signature(answer["Signature"])

    @cached_property
    def public_key(self) -> bytes:
        """The public half of the signing key, in DER."""
        found: bytes = self._kms.get_public_key(KeyId=resources.SIGNING_KEY)["PublicKey"]
        return found

    @cached_property
    def webhook_secret(self) -> str:
        """What the payment provider signs its messages with."""
        store = resources.client("secretsmanager", self.url)
        keys = json.loads(store.get_secret_value(SecretId=resources.PAYMENT_SECRET)["SecretString"])
        return str(keys["webhook_secret"])

    @cached_property
    def monitoring_token(self) -> str:
        """What programs that watch the system show."""
        return resources.monitoring_token(self.url)

    def create_user(self, email: str, password: str, role: Role = Role.BUYER) -> str:
        """Make a verified account, as the operator's command does, and return its id."""
        acting = operator(self.tables, identity_table=IDENTITY, limits_table=LIMITS)
        return acting.create_user(email=email, password=Secret(password), display_name="Somebody", role=role)

    def give_passkey(self, user_id: str) -> str:
        """Give a user a passkey that opens nothing, and return its id."""
        passkeys = Passkeys(self.tables, IDENTITY)
        now = datetime.now(UTC)
        made = NewCredential(f"credential-{now.timestamp()}", b"never used", 0, backed_up=False)
        self.tables.write(*passkeys.adding(user_id, made, name="Key", now=now))
        return passkeys.of(user_id)[-1].id
