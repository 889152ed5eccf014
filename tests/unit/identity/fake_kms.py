"""KMS in memory: P-256 keys that sign in DER, as the real service does."""

from typing import TYPE_CHECKING, Any, cast

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from greenroom.identity.tokens import LARGEST_S, P256_ORDER

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


class FakeKms:
    """Keys by id. ``larger_s`` makes it give the larger of the two valid values, as KMS may."""

    def __init__(self, *key_ids: str, larger_s: bool = False) -> None:
        self.keys = {key_id: ec.generate_private_key(ec.SECP256R1()) for key_id in key_ids}
        self.larger_s = larger_s
        self.calls: list[tuple[str, dict[str, Any]]] = []

    @property
    def client(self) -> "KMSClient":
        """Itself, as what it stands for."""
        return cast("KMSClient", self)

    def get_public_key(self, **parameters: Any) -> dict[str, Any]:
        self.calls.append(("get_public_key", parameters))
        public = self.keys[parameters["KeyId"]].public_key()
        return {"PublicKey": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)}

    def sign(self, **parameters: Any) -> dict[str, Any]:
        self.calls.append(("sign", parameters))
        assert parameters["MessageType"] == "RAW"
        assert parameters["SigningAlgorithm"] == "ECDSA_SHA_256"
        der = self.keys[parameters["KeyId"]].sign(parameters["Message"], ec.ECDSA(SHA256()))
        r, s = utils.decode_dss_signature(der)
        if self.larger_s != (s > LARGEST_S):
            s = P256_ORDER - s
        return {"Signature": utils.encode_dss_signature(r, s)}
