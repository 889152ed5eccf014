"""API9:2023 Improper inventory management; ASVS V13.4."""

import json
import re
from pathlib import Path

import pytest

from tests.security.cast import Cast
from tests.security.surface import OPERATIONS
from tests.security.wire import check_refusal, exchange
from tests.support.documented import document

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted({operation.template for operation in OPERATIONS})
EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

NOTHING = """
    /v1 /v1/ /v2/me /v0/me /api /api/v1/me /internal /private /admin /admin/users /v1/admin
    /v1/users /v1/debug /.git /.git/HEAD /.git/config /.svn/entries /.hg /.env /.env.local
    /.aws/credentials /.DS_Store /.htaccess /.well-known /.well-known/security.txt
    /.well-known/openid-configuration /robots.txt /sitemap.xml /swagger /swagger.json /swagger-ui
    /swagger-ui.html /v2/api-docs /v3/api-docs /redoc /api-docs /graphql /graphiql /playground
    /openapi.yaml /docs/ /docs/index.html /docs/../app.py /docs/docs.js.map /docs/main.py /actuator
    /actuator/env /actuator/health /debug /debug/pprof /console /server-status /phpinfo.php
    /wp-login.php /login /oauth/token /token /config /config.json /settings /backup.zip /dump.sql
    /package.json /requirements.txt /pyproject.toml /Makefile /app.py /functions/auth/main.py
    /layers /etc/passwd /_ministack/health /_localstack/health /2015-03-31/functions /restapis
    /local /health/detailed/x /metrics/ /favicon.ico/x /index.html /index.php /cgi-bin/
    /%2e%2e/%2e%2e/etc/passwd /..%2f..%2fetc%2fpasswd /v1/celebrities/mara-voss/../../me
    /v1/bookings/%2e%2e/me /v1/health /v1/openapi.json /v1/docs
""".split()


@pytest.mark.parametrize("target", NOTHING)
def test_what_is_not_documented_is_not_there(target: str, cast: Cast) -> None:
    if target in TEMPLATES or target.rstrip("/") in TEMPLATES:
        return  # it has been documented since

    for headers in ((), tuple(cast.bearer("admin").items())):
        reply = exchange(cast.client.system.base_url, "GET", target, headers)
        assert reply.status == 404
        check_refusal(reply)
        assert json.loads(reply.body)["code"] == "not_found"


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_documented_path_has_its_documented_methods_and_no_other(template: str, cast: Cast) -> None:
    methods = {operation.method for operation in OPERATIONS if operation.template == template}
    path = template.replace("{", "").replace("}", "")

    for method in EVERY_METHOD:
        if method not in methods:
            reply = exchange(cast.client.system.base_url, method, path, cast.bearer("admin").items())
            assert reply.status == 405, method
            assert reply.headers["allow"] == ", ".join(sorted({*methods, "OPTIONS"}))


def test_what_is_local_is_in_no_document_and_in_no_deployed_code() -> None:
    assert not [path for path in TEMPLATES if path == "/" or path.startswith("/local")]
    for folder in ("functions", "layers/greenroom", "stacks"):
        for file in (ROOT / folder).rglob("*.py"):
            assert '"/local' not in file.read_text("utf-8"), file


def test_what_is_local_answers_this_machines_own_pages_alone(cast: Cast) -> None:
    paths = ["/local/mailbox", "/local/logs", "/local/state", "/local/payments", "/local/requests", "/"]
    strangers = [
        [("Host", "attacker.test")],
        [("Host", "attacker.test:80")],
        [("Origin", "https://attacker.test")],
        [("Origin", "null")],
    ]

    for path in paths:
        for headers in strangers:
            assert exchange(cast.client.system.base_url, "GET", path, headers).status == 403
    for path in ("/local/mailbox", "/local/logs"):
        reply = exchange(cast.client.system.base_url, "GET", path, [("Sec-Fetch-Site", "cross-site")])
        assert reply.status == 403


def test_the_served_document_is_the_committed_one(cast: Cast) -> None:
    assert cast.client.http.get("/openapi.json").json() == document()


def test_the_document_names_one_version_and_marks_nothing_as_old() -> None:
    versions = {path.split("/")[1] for path in TEMPLATES if re.match(r"/v[0-9]", path)}

    assert versions == {"v1"}
    assert not [
        each for item in document()["paths"].values() for each in item.values() if each.get("deprecated")
    ]
    assert document()["servers"] == [{"url": "/"}]
