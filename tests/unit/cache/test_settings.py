"""The address of a shared cache: what is let pass, and that what is not is never shown."""

import importlib.util
import secrets

import pytest

from greenroom.cache.settings import CacheSettings
from greenroom.settings import InvalidSettings


def read(url: str) -> CacheSettings:
    return CacheSettings.read({"STAGE": "dev", "CACHE_URL": url})


@pytest.mark.parametrize(
    "url",
    [
        "redis://cache.internal",
        "redis://cache.internal:6379/0",
        "rediss://cache.internal:6379/",
        "redis://[::1]:6379",
        "rediss://reader:{password}@cache.internal:6380/3",
        "redis://:{password}@cache.internal",
    ],
)
def test_an_address_is_let_pass_as_it_is(url: str) -> None:
    url = url.format(password=secrets.token_hex(8))

    settings = read(url)

    assert settings.cache_url is not None
    assert settings.cache_url.get_secret_value() == url


def test_without_one_there_is_none() -> None:
    assert CacheSettings.read({"STAGE": "dev"}).cache_url is None
    assert read("").cache_url is None


@pytest.mark.parametrize(
    "url",
    [
        "unix:///{password}",
        "http://:{password}@cache",
        "{password}",
        "redis://",
        "redis://:{password}@",
        "redis://:{password}@cache:port",
        "redis://:{password}@cache:99999",
        "redis://:{password}@cache/db",
        "redis://:{password}@cache/0/1",
        "redis://:{password}@cache?ssl_cert_reqs=none",
        "redis://:{password}@cache?socket_timeout=60",
        "redis://:{password}@cache#0",
        "redis://:a/{password}@cache",
        "redis://:a#{password}@cache",
        "redis://[::{password}",
    ],
)
def test_anything_else_stops_the_start_by_name_and_is_not_shown(url: str) -> None:
    password = f"zz{secrets.token_hex(8)}"

    with pytest.raises(InvalidSettings, match=r"^CACHE_URL: ") as refused:
        read(url.format(password=password))

    assert password not in str(refused.value)
    assert refused.value.__cause__ is None


def test_tls_is_refused_where_this_python_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "_ssl" else real(name))

    with pytest.raises(InvalidSettings, match="asks for TLS, which this Python does not have"):
        read("rediss://cache.internal")
    assert read("redis://cache.internal").cache_url is not None


def test_the_password_does_not_show_in_the_settings() -> None:
    password = secrets.token_hex(8)

    settings = read(f"redis://:{password}@cache")

    assert password not in repr(settings)
    assert password not in str(settings.model_dump())
    assert password not in settings.model_dump_json()
