"""Passkey ceremonies over the function's handler, as a browser with an authenticator goes through them."""

from collections.abc import Callable
from typing import Any

from pydantic import Secret

from tests.service.identity.world import Answer, World
from tests.support.authenticator import (
    Authenticator,
    encoded,
)

PASSKEYS = "/v1/auth/passkeys"
WRITES = {"put_item", "update_item", "delete_item", "transact_write_items"}
Change = Callable[[dict[str, Any]], None]


def begin_registration(world: World, token: Secret[str] | str) -> dict[str, Any]:
    answer = world.call("POST", f"{PASSKEYS}/register/begin", token=token)
    assert answer.status == 200, answer.text
    options: dict[str, Any] = answer.body["options"]
    return options


def finish_registration(
    world: World, token: Secret[str] | str, credential: dict[str, Any], **more: str
) -> Answer:
    body = {"credential": credential, **more}
    return world.call("POST", f"{PASSKEYS}/register/finish", body, token=token)


def begin_login(world: World) -> dict[str, Any]:
    answer = world.call("POST", f"{PASSKEYS}/login/begin")
    assert answer.status == 200, answer.text
    options: dict[str, Any] = answer.body["options"]
    return options


def finish_login(world: World, credential: dict[str, Any]) -> Answer:
    return world.call("POST", f"{PASSKEYS}/login/finish", {"credential": credential})


def with_passkey(world: World) -> tuple[str, Authenticator]:
    """Return the address of somebody who has a passkey, and the device that holds it."""
    address, device = world.verified(), Authenticator()
    token = world.log_in(address).access_token
    credential = device.create(begin_registration(world, token))
    assert finish_registration(world, token, credential).status == 204
    return address, device


def stored(world: World) -> list[str]:
    """Return everything that is stored of identities and sessions, but for the limits' own counts."""
    sessions = [item for item in world.items(world.settings.limits_table) if item["sk"] == "SESSION"]
    return sorted(repr(item) for item in world.items(world.settings.identity_table) + sessions)


def refused_login(world: World, credential: dict[str, Any]) -> Answer:
    """Send an answer that must be refused, and see that nothing was written."""
    before = stored(world)
    answer = finish_login(world, credential)
    assert stored(world) == before
    return answer


def refused_registration(world: World, token: Secret[str] | str, credential: dict[str, Any]) -> Answer:
    """Send a new passkey that must be refused, and see that nothing was written."""
    before = stored(world)
    answer = finish_registration(world, token, credential)
    assert stored(world) == before
    return answer


def no_client_data(credential: dict[str, Any]) -> None:
    credential["response"]["clientDataJSON"] = encoded(b"[]")


def two_names(credential: dict[str, Any]) -> None:
    credential["rawId"] = encoded(b"another")
