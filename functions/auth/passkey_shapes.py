"""What browsers send and get in passkey ceremonies, as the WebAuthn API itself spells it in JSON.

``options`` go to ``PublicKeyCredential.parseCreationOptionsFromJSON`` or ``parseRequestOptionsFromJSON``;
``credential`` is what its ``toJSON()`` gives. Bytes are in base64url without padding.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from greenroom.identity.ceremonies import ALGORITHMS
from greenroom.identity.challenges import SECONDS
from greenroom.identity.passkey_registration import CreationOptions
from greenroom.identity.passkeys import Passkey, user_handle
from greenroom.identity.relying_party import NAME, RelyingParty
from greenroom.shapes import Body, Name, View

_MILLISECONDS = SECONDS * 1000
_BYTES = r"^[A-Za-z0-9_-]+$"
ShortBytes = Annotated[str, StringConstraints(min_length=1, max_length=1400, pattern=_BYTES)]
LongBytes = Annotated[str, StringConstraints(min_length=1, max_length=32768, pattern=_BYTES)]


class WebAuthnBody(Body):
    """A part of a credential. Members that nothing is decided by are taken and dropped."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    def as_sent(self) -> dict[str, Any]:
        """Return the members under the names that they came with."""
        return self.model_dump(by_alias=True, exclude_none=True)


class AttestationBody(WebAuthnBody):
    """What an authenticator answers when it has made a passkey."""

    client_data_json: Annotated[LongBytes, Field(alias="clientDataJSON")]
    attestation_object: LongBytes


class AssertionBody(WebAuthnBody):
    """What an authenticator answers at a login."""

    client_data_json: Annotated[LongBytes, Field(alias="clientDataJSON")]
    authenticator_data: LongBytes
    signature: ShortBytes
    user_handle: ShortBytes


class CreatedCredential(WebAuthnBody):
    """A new passkey, of which the browser gives us the public half."""

    id: ShortBytes
    raw_id: ShortBytes
    type: Literal["public-key"]
    response: AttestationBody


class UsedCredential(WebAuthnBody):
    """A passkey that answers a challenge."""

    id: ShortBytes
    raw_id: ShortBytes
    type: Literal["public-key"]
    response: AssertionBody


class NewPasskeyBody(Body):
    """A new passkey, and what its owner calls it."""

    credential: CreatedCredential
    name: Name = "Passkey"


class PasskeyLoginBody(Body):
    """The answer to a challenge."""

    credential: UsedCredential


class WebAuthnView(View):
    """A part of the options of a ceremony."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True)


class PartyView(WebAuthnView):
    """Whose passkeys these are."""

    id: str
    name: str


class OwnerView(WebAuthnView):
    """Whom an authenticator shows the passkey to be of."""

    id: str
    name: str
    display_name: str


class AlgorithmView(WebAuthnView):
    """A kind of signature that is taken, by its COSE number."""

    type: Literal["public-key"] = "public-key"
    alg: int


class KnownCredentialView(WebAuthnView):
    """A passkey that the account has already."""

    type: Literal["public-key"] = "public-key"
    id: str


class SelectionView(WebAuthnView):
    """What an authenticator must be able to do: keep the passkey itself, and verify its user."""

    resident_key: Literal["required"] = "required"
    require_resident_key: Literal[True] = True
    user_verification: Literal["required"] = "required"


class CreationView(WebAuthnView):
    """The options of a new passkey."""

    challenge: str
    rp: PartyView
    user: OwnerView
    pub_key_cred_params: list[AlgorithmView]
    timeout: int = _MILLISECONDS
    exclude_credentials: list[KnownCredentialView]
    authenticator_selection: SelectionView = SelectionView()
    attestation: Literal["none"] = "none"


class CreationOptionsView(View):
    """What to give the browser so that it makes a passkey."""

    options: CreationView

    @classmethod
    def of(cls, made: CreationOptions, party: RelyingParty) -> "CreationOptionsView":
        """Spell the options out."""
        user = made.user
        return cls(
            options=CreationView(
                challenge=made.challenge,
                rp=PartyView(id=party.id, name=NAME),
                user=OwnerView(id=user_handle(user.id), name=user.email, display_name=user.display_name),
                pub_key_cred_params=[AlgorithmView(alg=number) for number in ALGORITHMS],
                exclude_credentials=[KnownCredentialView(id=known.credential_id) for known in made.known],
            )
        )


class RequestView(WebAuthnView):
    """The options of a login. No passkey is named: the authenticator shows those that it has."""

    challenge: str
    rp_id: str
    timeout: int = _MILLISECONDS
    user_verification: Literal["required"] = "required"


class RequestOptionsView(View):
    """What to give the browser so that it answers with a passkey."""

    options: RequestView


class PasskeyView(View):
    """One's own passkey."""

    id: str
    name: str
    backed_up: bool
    """Whether it is copied to the owner's other devices."""
    created_at: str
    """RFC 3339 in UTC."""
    last_used_at: str | None

    @classmethod
    def of(cls, passkey: Passkey) -> "PasskeyView":
        """Show a passkey."""
        return cls(**{name: getattr(passkey, name) for name in cls.model_fields})


class PasskeysView(View):
    """All of them, oldest first."""

    items: list[PasskeyView]
