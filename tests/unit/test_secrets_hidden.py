"""A secret is shown nowhere that an object is: a log line, a traceback, an error, a failed assertion."""

import dataclasses
import inspect
import logging
import traceback
from collections.abc import Callable
from typing import Any, get_origin

import pytest
from pydantic import BaseModel, Secret, ValidationError

from greenroom.gateway.requests import read_event
from greenroom.gateway.responses import Response
from greenroom.settings import InvalidSettings, Settings
from greenroom.shapes import Body, Query, Revealed, View
from greenroom.storage import writes
from greenroom.storage.items import encode
from greenroom.storage.keys import Key
from greenroom.telemetry import logs
from tests.support.classes import dataclasses_of_ours, fields_of, models_of_ours, own_classes, parts_of

PLANTED = "hunter2-in-the-clear"

WORDS = {
    *("password", "passwords", "hash", "salt", "token", "tokens", "secret", "secrets", "key", "keys"),
    *("code", "codes", "dsn", "bearer", "cookie", "credential", "credentials", "nobodys"),
}
TEXT = (str, bytes, Any)

NOT_SECRET = {
    "Entry.key": "what a cached value is kept under",
    "InboxPage.next_key": "where a list goes on, which its cursor signs",
    "NewCredential.public_key": "public",
    "Page.next_key": "where a list goes on, which its cursor signs",
    "Passkey.public_key": "public",
    "Response.code": "a refusal's code",
    "TokenSettings.token_audience": "part of every token",
    "TokenSettings.token_issuer": "part of every token",
    # The client of AWS shows neither the key nor the token of a session.
    "Credentials.access_key": "an identifier",
    "Credentials.secret_key": "kept out of repr",
    "Credentials.token": "kept out of repr",
    "Service.tokens": "the names of members",
}
"""Fields that are named like secrets and are text, and why they are none."""


def _is_secret(annotation: Any) -> bool:
    return any(part is Secret or get_origin(part) is Secret for part in parts_of(annotation))


def _suspicious(name: str, annotation: Any) -> bool:
    words = name.strip("_").split("_")
    if words[-1] in {"id", "ids", "seconds", "left"} or not WORDS & set(words):
        return False
    return any(part in TEXT for part in parts_of(annotation))


def test_what_is_named_like_a_secret_is_one() -> None:
    found = {
        f"{kind.__name__}.{name}"
        for kind in own_classes()
        for name, annotation in fields_of(kind).items()
        if name in inspect.get_annotations(kind)
        and _suspicious(name, annotation)
        and not _is_secret(annotation)
    }

    assert found - NOT_SECRET.keys() == set()


def _planted(annotation: Any) -> Any:
    """Return a value for a field, with the secret where the field holds one."""
    for part in parts_of(annotation):
        if get_origin(part) is list:
            return [Secret(PLANTED)]
        if get_origin(part) is not None and getattr(get_origin(part), "__name__", "") == "Callable":
            return lambda: Secret(PLANTED)
    return Secret(PLANTED)


HOLDERS = [
    kind
    for kind in own_classes()
    if any(_is_secret(annotation) for annotation in fields_of(kind).values())
    and kind.__name__ != "TokenVerifier"  # it holds a function of tokens, and no token
]
MODELS = [kind for kind in HOLDERS if issubclass(kind, BaseModel)]


def _held(kind: type[Any]) -> Any:
    values = {
        name: _planted(annotation) if _is_secret(annotation) else None
        for name, annotation in fields_of(kind).items()
    }
    if issubclass(kind, BaseModel):
        return kind.model_construct(**values)
    init = {field.name for field in dataclasses.fields(kind) if field.init}
    return kind(**{name: value for name, value in values.items() if name in init})


SHOW: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda held: f"{held} {held!r} {held!s} {held:}",
    "percent": lambda held: "%s %r" % (held, held),  # noqa: UP031 - as logging does
    "in a container": lambda held: repr({"held": [held, (held,)]}),
    "an error's arguments": lambda held: repr(ValueError(held)) + str(KeyError(held)),
}


def test_the_holders_are_known() -> None:
    names = {kind.__name__ for kind in HOLDERS}

    assert {
        *("User", "Grant", "AccessToken", "Opened", "Issued", "TotpSecret", "Passwords", "Job", "Payment"),
        *("Credentials", "Intent", "SecretVersion", "Cursors", "Admission"),
        *(
            "Settings",
            "CacheSettings",
            "LinkQuery",
            "CodeBody",
            "LoginBody",
            "RegistrationBody",
            "RefreshBody",
        ),
        *("TokensView", "TotpView", "RecoveryCodesView", "PaymentView", "PasswordChangeBody", "TokenBody"),
    } - names == set()


@pytest.mark.parametrize("show", SHOW.values(), ids=SHOW.keys())
@pytest.mark.parametrize("kind", HOLDERS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_object_shows_the_secret_that_it_holds(kind: type[Any], show: Callable[[Any], str]) -> None:
    assert PLANTED not in show(_held(kind))


@pytest.mark.parametrize("kind", HOLDERS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_log_line_and_no_traceback_shows_it(kind: type[Any], caplog: pytest.LogCaptureFixture) -> None:
    held = _held(kind)
    error = RuntimeError("planted", held)
    lines: list[dict[str, Any]] = []
    logs.add_sink(lines.append)
    try:
        logs.log_business("planted", held=held, among=[held])
        logs.log_fault("planted", error, held=held)
        logging.getLogger("greenroom.test").error("planted: %s %r", held, held, exc_info=error)
    finally:
        logs.remove_sink(lines.append)
    shown = "".join(traceback.format_exception(error))

    assert len(lines) == 3, "a library's logger below ours writes there too"
    assert PLANTED not in repr(lines) + caplog.text + shown


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_the_json_of_a_model_shows_it_in_an_answer_alone(kind: type[Any]) -> None:
    dumped = _held(kind).model_dump_json(warnings=False)

    assert (PLANTED in dumped) is issubclass(kind, View)
    assert PLANTED not in repr(_held(kind).model_dump(warnings=False))


@pytest.mark.parametrize("kind", models_of_ours(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_validation_error_shows_what_was_sent(kind: type[BaseModel]) -> None:
    # The environment holds text alone.
    value: Any = PLANTED if issubclass(kind, Settings) else {"deep": [PLANTED]}
    values: list[Any] = [PLANTED, [PLANTED]]
    if kind.model_fields:
        values.append(dict.fromkeys(kind.model_fields, value) | {"one_more": value})

    for value in values:
        with pytest.raises(ValidationError) as refused:
            kind.model_validate(value)
        assert PLANTED not in str(refused.value) + repr(refused.value)


def test_a_setting_that_is_refused_is_named_and_not_shown() -> None:
    with pytest.raises(InvalidSettings) as refused:
        Settings.read({"STAGE": "test", "SENTRY_DSN": f"https://{PLANTED}"})

    assert "SENTRY_DSN" in str(refused.value)
    assert PLANTED not in "".join(traceback.format_exception(refused.value))


def test_a_request_and_a_response_do_not_show_what_they_carry() -> None:
    request = read_event(
        {
            "httpMethod": "POST",
            "resource": "/v1/auth/login",
            "multiValueHeaders": {"Authorization": [f"Bearer {PLANTED}"], "Cookie": [PLANTED]},
            "multiValueQueryStringParameters": {"token": [PLANTED]},
            "body": f'{{"password": "{PLANTED}"}}',
        }
    )

    assert request.bearer_token == Secret(PLANTED)
    assert PLANTED not in repr(request) + str(request)
    assert PLANTED not in repr(Response(200, {"Location": PLANTED}, PLANTED.encode()))


@pytest.mark.parametrize(
    "write",
    [
        writes.Put("table", {"secret": PLANTED}, when={"secret": PLANTED}),
        writes.Update("table", Key("a", "b"), {"secret": PLANTED}, when={"secret": PLANTED}),
        writes.Delete("table", Key("a", "b"), when={"secret": PLANTED}),
        writes.Check("table", Key("a", "b"), when={"secret": PLANTED}),
    ],
    ids=lambda write: type(write).__name__,
)
def test_a_write_does_not_show_what_it_writes(write: writes.Write) -> None:
    assert PLANTED not in repr(write)


def test_a_secret_is_stored_as_its_value() -> None:
    assert encode(Secret(PLANTED)) == {"S": PLANTED}
    assert encode({"salt": Secret(b"a")}) == {"M": {"salt": {"B": b"a"}}}


def test_a_secret_is_revealed_by_an_answers_json_and_by_nothing_else() -> None:
    class Shown(View):
        secret: Revealed

    class Taken(Body):
        secret: Secret[str]

    class Asked(Query):
        secret: Secret[str]

    shown = Shown(secret=Secret(PLANTED))
    assert shown.model_dump_json() == f'{{"secret":"{PLANTED}"}}'
    assert PLANTED not in f"{shown!r} {shown} {shown.model_dump(warnings=False)}"
    for taken in (Taken(secret=Secret(PLANTED)), Asked(secret=Secret(PLANTED))):
        assert PLANTED not in f"{taken!r} {taken} {taken.model_dump()} {taken.model_dump_json()}"


def test_secrets_are_equal_by_their_values_and_hash_alike() -> None:
    assert Secret(PLANTED) == Secret(PLANTED)
    assert Secret(PLANTED) != Secret("another")
    assert Secret(PLANTED) != PLANTED
    assert len({Secret(PLANTED), Secret(PLANTED)}) == 1


def test_dataclasses_hold_no_text_outside_of_repr() -> None:
    hidden = {
        f"{kind.__name__}.{field.name}"
        for kind in dataclasses_of_ours()
        for field in dataclasses.fields(kind)
        if not field.repr and field.type is str and not kind.__module__.startswith("greenroom.aws")
    }

    assert hidden == set()
