"""What init leaves behind, which SnapStart hands to every sandbox of a version: nothing that is one's own.

These tests run without sockets: a call or a connection made while composing would fail here.
"""

import importlib
import os
import uuid

import pytest

from greenroom.storage import clients
from stacks.sizes import AWAITED

SETTINGS = {
    "STAGE": "test",
    "TOKEN_KEY_IDS": "key",
    "TOKEN_ISSUER": "https://a.test",
    "TOKEN_AUDIENCE": "greenroom",
    "PUBLIC_URL": "https://a.test",
    "MAIL_FROM": "a@a.test",
    "CURSOR_SECRET_ID": "cursor",
    "PAYMENT_SECRET_ID": "payment",
    "MONITORING_SECRET_ID": "monitoring",
    "MEDIA_BUCKET": "media",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    **{f"{name}_TABLE": name.lower() for name in ("IDENTITY", "CATALOG", "BOOKINGS", "LIMITS")},
}


@pytest.mark.parametrize("name", sorted(AWAITED))
def test_a_function_is_composed_without_a_call_a_connection_or_anything_unique(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in SETTINGS.items():
        monkeypatch.setenv(variable, value)
    module = importlib.import_module(f"functions.{name}.main")
    clients.forget()

    def unique(*_: object) -> bytes:
        raise AssertionError("drawn in init, and the same in every sandbox")

    monkeypatch.setattr(os, "urandom", unique)
    monkeypatch.setattr("random._urandom", unique)  # by which ``secrets`` draws
    monkeypatch.setattr(uuid, "uuid4", unique)

    assert module.compose().app is not None
    clients.forget()
