"""What a stranger may ask about any address, over the function's handler."""

from tests.service.identity.world import OTHER_PASSWORD, Answer, World


def log_in(world: World, address: str) -> Answer:
    return world.call("POST", "/v1/auth/login", {"email": address, "password": OTHER_PASSWORD})


def register(world: World, address: str) -> Answer:
    body = {"email": address, "password": OTHER_PASSWORD, "display_name": "Somebody"}
    return world.call("POST", "/v1/auth/register", body)


def ask_for_reset(world: World, address: str) -> Answer:
    return world.call("POST", "/v1/auth/password-reset", {"email": address})
