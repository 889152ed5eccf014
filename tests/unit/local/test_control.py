"""The local endpoints: what they answer, and whom."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import console_page
from local.control import Control, is_ours
from local.error_reports import MOST_REPORTS, ErrorReports
from local.events import Received
from local.faulty import faulty_gateway
from local.journal import Journal, Served
from local.mailbox import Mailbox
from local.media import Media
from local.metrics_board import MetricsBoard
from local.provider.service import Provider
from local.provider.webhooks import Webhooks
from tests.support.asgi import Called, call
from tests.support.paper_objects import PaperObjects

HERE = [("host", "127.0.0.1:8080")]


@dataclass
class World:
    """The control over a mailbox, a journal and a provider that a test fills."""

    control: Control
    journal: Journal
    board: MetricsBoard
    mailbox: Mailbox
    provider: Provider
    data: Path
    reports: ErrorReports
    objects: PaperObjects

    def ask(self, method: str, target: str, **more: Any) -> Called:
        return call(self.control, method, target, **{"headers": HERE, **more})

    def items(self, target: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.ask("GET", target).body)["items"]
        return found

    def start_payment(self, payment_id: str) -> None:
        form = f"amount=500&currency=eur&metadata[payment_id]={payment_id}".encode()
        headers = (("authorization", "Bearer sk"),)
        self.provider.answer(Received("POST", "/v1/payment_intents", "", headers, form, "", 0))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    journal, board, mailbox = Journal(), MetricsBoard(), Mailbox(tmp_path / "mailbox.jsonl")
    webhooks = Webhooks("whsec", lambda _body, _headers: 200, pause=lambda _: None)
    provider = Provider(tmp_path / "provider.json", "sk", webhooks)
    reports, faulty, objects = ErrorReports(), faulty_gateway({}, journal), PaperObjects()
    control = Control(
        port=8080,
        data=tmp_path,
        journal=journal,
        board=board,
        mailbox=mailbox,
        provider=provider,
        reports=reports,
        faulty=faulty,
        media=Media(lambda: objects, "files"),
    )
    yield World(control, journal, board, mailbox, provider, tmp_path, reports, objects)
    faulty.close()


def send_mail(world: World, to: str, subject: str) -> None:
    simple = {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "Hello"}}}
    world.mailbox.keep({"Content": {"Simple": simple}, "Destination": {"ToAddresses": [to]}})


def test_the_mailbox_shows_exactly_what_clients_rely_on(world: World) -> None:
    send_mail(world, "ada@example.com", "One")
    send_mail(world, "bob@example.com", "Two")
    send_mail(world, "ada@example.com", "Three")

    items = world.items("/local/mailbox?to=ada%40example.com")

    assert [item["subject"] for item in items] == ["Three", "One"]
    assert items[0] == {"to": "ada@example.com", "subject": "Three", "text": "Hello\n", "attachments": []}
    assert len(world.items("/local/mailbox")) == 3


def test_the_log_lines_of_one_request_are_found(world: World) -> None:
    request_id = str(uuid.uuid4())
    for number, owner in enumerate([request_id, "other", request_id, None]):
        world.journal.add_line({"number": number, "request_id": owner})

    assert [line["number"] for line in world.items(f"/local/logs?request_id={request_id}")] == [0, 2]
    assert world.items("/local/logs?request_id=unknown") == []
    assert len(world.items("/local/logs")) == 4


def test_the_last_lines_of_some_categories_are_found(world: World) -> None:
    for number, category in enumerate(["security", "request", "auth", "security"]):
        world.journal.add_line({"number": number, "category": category})

    found = world.items("/local/logs?category=security,auth&last=2")

    assert [line["number"] for line in found] == [2, 3]


def measure(world: World, route: str) -> None:
    sets = [[], ["service"], ["service", "route"]]
    directive = {"Namespace": "Shop", "Dimensions": sets, "Metrics": [{"Name": "Latency"}]}
    described = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    world.board.add({"_aws": described, "Latency": [5], "service": "auth", "route": route})


def test_metrics_are_shown_as_series_of_the_last_minutes(world: World) -> None:
    measure(world, "/a")
    measure(world, "/b")

    fine, coarse, whole = (
        json.loads(world.ask("GET", f"/local/metrics{query}").body)
        for query in ("", "?period=60", "?most_dimensions=0")
    )

    assert (fine["period_seconds"], len(fine["series"])) == (10, 4)
    assert (coarse["period_seconds"], len(coarse["series"])) == (60, 4)
    assert [(series["metric"], series["dimensions"]) for series in whole["series"]] == [("Latency", {})]
    assert sum(point["count"] for point in whole["series"][0]["points"]) == 2


@pytest.mark.parametrize(
    "target",
    [
        *("/local/metrics?period=7", "/local/metrics?period=x", "/local/metrics?most_dimensions=-1"),
        *("/local/logs?last=1e3", "/local/logs?last=99999999999"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(world: World, target: str) -> None:
    assert world.ask("GET", target).status == 422


@pytest.mark.parametrize(("verb", "status"), [("capture", "succeeded"), ("fail", "requires_payment_method")])
def test_a_payment_can_be_paid_or_declined(world: World, verb: str, status: str) -> None:
    world.start_payment("pay_1")

    answer = world.ask("POST", f"/local/payments/pay_1/{verb}")

    told = json.loads(answer.body)
    assert (answer.status, told["payment_id"], told["status"]) == (200, "pay_1", status)
    assert told["webhook"]["status"] == 200


@pytest.mark.parametrize(
    ("deeds", "statuses"),
    [
        (["challenge", "authenticate"], ["requires_action", "succeeded"]),
        (["challenge", "fail"], ["requires_action", "requires_payment_method"]),
        (["capture", "dispute", "dispute/won"], ["succeeded", "dispute needs_response", "dispute won"]),
        (["capture", "dispute", "dispute/lost"], ["succeeded", "dispute needs_response", "dispute lost"]),
    ],
)
def test_a_card_may_ask_its_holder_and_a_holder_his_bank(
    world: World, deeds: list[str], statuses: list[str]
) -> None:
    world.start_payment("pay_1")

    told = [json.loads(world.ask("POST", f"/local/payments/pay_1/{deed}").body)["status"] for deed in deeds]

    assert told == statuses
    (shown,) = world.items("/local/payments")
    assert shown["dispute"] == (statuses[-1].removeprefix("dispute ") if "dispute" in deeds else None)


@pytest.mark.parametrize("deed", ["authenticate", "dispute", "dispute/won", "dispute/lost"])
def test_what_was_not_asked_paid_or_disputed_is_a_conflict(world: World, deed: str) -> None:
    world.start_payment("pay_1")

    assert world.ask("POST", f"/local/payments/pay_1/{deed}").status == 409


@pytest.mark.parametrize("deed", ["dispute/drawn", "capture/now", "release", ""])
def test_there_is_no_other_deed(world: World, deed: str) -> None:
    world.start_payment("pay_1")

    assert world.ask("POST", f"/local/payments/pay_1/{deed}").status == 404


def test_an_unknown_payment_is_not_found_and_an_impossible_act_a_conflict(world: World) -> None:
    world.start_payment("pay_1")
    world.ask("POST", "/local/payments/pay_1/capture")

    assert world.ask("POST", "/local/payments/pay_2/capture").status == 404
    assert world.ask("POST", "/local/payments/pay_1/fail").status == 409


def test_a_function_can_be_made_to_fail_by_a_real_request(world: World) -> None:
    answer = world.ask("POST", "/local/errors")

    told = json.loads(answer.body)
    assert (answer.status, told["code"]) == (500, "internal_error")
    (request,) = world.items("/local/requests")
    assert (request["request_id"], request["function"], request["status"]) == (
        told["request_id"],
        "faulty",
        500,
    )


def test_the_last_error_reports_are_shown_the_newest_first(world: World) -> None:
    for number in range(MOST_REPORTS + 1):
        event = json.dumps({"event_id": str(number)})
        envelope = f'{{}}\n{{"type":"event","length":{len(event)}}}\n{event}\n'.encode()
        sent = Received("POST", "/api/1/envelope/", "", (), envelope, "", 0)
        assert world.reports.answer(sent).status == 200

    shown = world.items("/local/errors")
    assert [report["event"]["event_id"] for report in shown] == [str(n) for n in range(MOST_REPORTS, 0, -1)]
    assert {report["kind"] for report in shown} == {"event"}


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"{}\nnot json\n", ""), (b"{}\n[]\n", ""), (b"not gzip", "gzip"), (b"{}", "br")],
)
def test_what_is_no_envelope_is_refused(world: World, body: bytes, encoding: str) -> None:
    sent = Received("POST", "/api/1/envelope/", "", (("content-encoding", encoding),), body, "", 0)

    assert world.reports.answer(sent).status == 400
    assert world.items("/local/errors") == []


def test_the_console_gets_all_it_shows_in_one_answer(world: World) -> None:
    (world.data / "demo.json").write_text(json.dumps({"base_url": "x", "accounts": {}}), "utf-8")
    send_mail(world, "ada@example.com", "One")
    world.start_payment("pay_1")
    world.journal.add_request(Served("r1", "2027-01-01T00:00:00Z", "GET", "/x", 200, 1.5, "catalog"))

    state = json.loads(world.ask("GET", "/local/state").body)

    assert state["demo"]["base_url"] == "x"
    assert [(mail["number"], mail["subject"]) for mail in state["mails"]] == [(1, "One")]
    assert [payment["payment_id"] for payment in state["payments"]] == ["pay_1"]
    assert [request["request_id"] for request in state["requests"]] == ["r1"]
    assert world.items("/local/requests") == state["requests"]
    assert world.items("/local/payments") == state["payments"]


def test_a_published_file_is_served_as_what_it_was_found_to_be(world: World) -> None:
    world.objects.put_object(Key="media/usr_1/upl_1.png", Body=b"picture", ContentType="image/png")

    shown = world.ask("GET", "/local/media/usr_1/upl_1.png")

    assert (shown.status, shown.body, shown.header("content-type")) == (200, b"picture", "image/png")
    assert shown.header("x-content-type-options") == "nosniff"
    assert world.ask("GET", "/local/media/usr_1/upl_2.png").status == 404
    assert world.ask("GET", "/local/media/../quarantine/upl_1").status == 404


def test_before_the_demo_data_are_there_the_console_has_none(world: World) -> None:
    assert json.loads(world.ask("GET", "/local/state").body)["demo"] is None


def test_delivery_of_events_can_be_made_worse_and_well_again(world: World) -> None:
    worse = world.ask("PUT", "/local/delivery", body=b'{"copies": 3, "reorder": true}')
    assert json.loads(worse.body) == {"copies": 3, "delay_seconds": 0.0, "reorder": True}
    assert json.loads(world.ask("GET", "/local/delivery").body)["copies"] == 3

    well = world.ask("PUT", "/local/delivery", body=b"{}")

    assert json.loads(well.body) == {"copies": 1, "delay_seconds": 0.0, "reorder": False}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"unknown": 1}', b"{"])
def test_a_delivery_that_is_none_is_refused(world: World, body: bytes) -> None:
    assert world.ask("PUT", "/local/delivery", body=body).status == 422


FOLDER = Path(console_page.__file__).parent / "console"
PARTS = ["/", *(f"/local/console/{part.name}" for part in FOLDER.iterdir())]


@pytest.mark.parametrize("path", sorted(PARTS))
def test_the_page_and_its_parts_may_use_nothing_but_themselves(world: World, path: str) -> None:
    answer = world.ask("GET", path)

    policy = answer.header("content-security-policy") or ""
    assert answer.status == 200
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert not {"unsafe", "http"} & set(policy.replace("'", " ").replace("-", " ").replace(":", " ").split())


@pytest.mark.parametrize(
    "name", ["", "..", "../control.py", "..%2fcontrol.py", "console_page.py", "x.js", "/"]
)
def test_no_other_file_is_a_part_of_the_page(world: World, name: str) -> None:
    assert world.ask("GET", f"/local/console/{name}").status == 404


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/local/nothing"), ("GET", "/local/"), ("POST", "/"), ("DELETE", "/local/mailbox")],
)
def test_there_is_nothing_else(world: World, method: str, target: str) -> None:
    assert world.ask(method, target).status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("host", "127.0.0.1:8080")], 200),
        ([("host", "localhost:8080")], 200),
        ([("host", "[::1]:8080")], 200),
        ([("host", "localhost:8080"), ("origin", "http://localhost:8080")], 200),
        ([("host", "localhost:8080"), ("sec-fetch-site", "same-origin")], 200),
        ([("host", "rebound.example:8080")], 403),
        ([("host", "127.0.0.1:9090")], 403),
        ([("host", "127.0.0.1")], 403),
        ([], 403),
        ([("host", "127.0.0.1:8080"), ("origin", "https://evil.example")], 403),
        ([("host", "127.0.0.1:8080"), ("origin", "http://localhost:8080")], 403),
        ([("host", "127.0.0.1:8080"), ("origin", "null")], 403),
        ([("host", "127.0.0.1:8080"), ("sec-fetch-site", "cross-site")], 403),
        ([("host", "127.0.0.1:8080"), ("sec-fetch-site", "same-site")], 403),
    ],
)
def test_only_this_machines_own_pages_and_tools_are_answered(
    world: World, headers: list[tuple[str, str]], status: int
) -> None:
    assert world.ask("GET", "/local/mailbox", headers=headers).status == status


def test_a_link_on_another_site_may_lead_to_the_page_itself(world: World) -> None:
    arriving = [("host", "127.0.0.1:8080"), ("sec-fetch-site", "cross-site")]

    assert world.ask("GET", "/", headers=arriving).status == 200
    assert world.ask("GET", "/local/state", headers=arriving).status == 403


def test_the_api_is_not_the_consoles() -> None:
    assert [is_ours(path) for path in ("/", "/local/mailbox", "/local/x/y")] == [True] * 3
    assert [is_ours(path) for path in ("/docs", "/v1/me", "/localhost", "/local")] == [False] * 4
