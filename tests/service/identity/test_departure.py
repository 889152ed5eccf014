"""Leaving for good: the account with all that opens it goes at once, or nothing has changed."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from greenroom.actors import Role
from greenroom.bookings.model import Dispute, PaymentState, Refund, State
from greenroom.bookings.records import booking_item
from greenroom.catalog.records import roster_item
from greenroom.catalog.store import CatalogStore
from greenroom.identifiers import new_id
from greenroom.identity.ceremonies import NewCredential
from greenroom.identity.principal import Principal
from greenroom.identity.refusals import FreshLoginRequired, InvalidCredentials
from greenroom.privacy import command
from greenroom.privacy.handover import Handover
from greenroom.privacy.jobs import Jobs
from greenroom.privacy.refusals import EngagementsOpen, RosterNotEmpty
from greenroom.refusals import Refusal, Unauthenticated
from greenroom.storage import keys
from greenroom.storage.items import Item
from greenroom.storage.writes import Put
from tests.service.identity.recording import Crash, CrashingClient, CrashingMailer, CrashPoint
from tests.service.identity.world import PASSWORD, World
from tests.support.all_items import all_items
from tests.support.celebrities import HOURS, ZOE
from tests.unit.bookings.samples import PAID, booking, payment

FUTURE = datetime(2047, 1, 1, tzinfo=UTC)


def traces(world: World, user_id: str, address: str) -> list[Item]:
    """Return what still tells of somebody, used-up tokens left out: they hold ids of nobody, and expire."""
    tables = (world.settings.identity_table, world.settings.limits_table)
    found = [item for table in tables for item in all_items(world.dynamodb, table)]
    told = [item for item in found if user_id in repr(item) or address in repr(item)]
    return [item for item in told if not item["pk"].startswith("REFRESH#")]


def somebody(world: World) -> tuple[Principal, str]:
    """Return a fresh session of somebody who has everything, and the address."""
    address = world.verified()
    user = world.app.users.by_email(address)
    assert user
    passkeys = world.app.factors.passkeys
    made = NewCredential(secrets.token_urlsafe(), b"key", 0, backed_up=False)
    world.tables.write(*passkeys.adding(user.id, made, name="Key", now=world.clock()))
    world.app.login.log_in(address, PASSWORD, None)
    opened = world.app.sessions.opening(user, world.clock())
    world.tables.write(*opened.writes)
    me = Principal(user.id, user.role, opened.session.id, True, int(world.clock().timestamp()))
    world.app.factors.totp.begin(me)
    world.app.password_reset.request(address)
    world.app.email_change.request(me, world.address("new"))
    return me, address


def add_booking(world: World, user_id: str, state: State, side: str = "buyer_id", **changes: Any) -> str:
    booking_id = new_id("bkg", world.clock())
    interval = booking(State.CONFIRMED).interval
    moved = {"interval": type(interval)(FUTURE, FUTURE + timedelta(hours=2)), **changes}
    made = booking(state, id=booking_id, **{side: user_id}, **moved)
    world.tables.write(Put(world.settings.bookings_table, booking_item(made)))
    return booking_id


def jobs(world: World) -> Jobs:
    return Jobs(world.tables, world.settings.bookings_table)


def test_an_account_goes_with_everything_that_opens_it(world: World) -> None:
    me, address = somebody(world)
    assert len(traces(world, me.user_id, address)) >= 10

    world.app.departure.leave(me)

    assert traces(world, me.user_id, address) == []
    assert world.app.sessions.of(me.user_id, world.clock()) == []
    job = jobs(world).get(me.user_id)
    assert job
    assert job.begun_at == world.clock()
    assert "erased" in world.mailer.to(address)[-1]["Subject"]
    with pytest.raises(InvalidCredentials):
        world.app.login.log_in(address, PASSWORD, None)


def test_the_address_can_be_registered_anew_as_somebody_else(world: World) -> None:
    me, address = somebody(world)
    world.app.departure.leave(me)

    world.app.registration.register(address, PASSWORD, "Bob")
    world.app.registration.verify_email(world.mailer.token_for(address))

    again = world.app.users.by_email(address)
    assert again
    assert again.id != me.user_id


def test_tokens_of_mails_that_were_on_their_way_do_nothing(world: World) -> None:
    me, address = somebody(world)
    world.app.password_reset.request(address)
    token = world.mailer.token_for(address)
    world.app.departure.leave(me)

    with pytest.raises(Refusal):
        world.app.password_reset.confirm(token, PASSWORD)


def test_it_takes_a_fresh_login_and_one_that_still_counts(world: World) -> None:
    me, _ = somebody(world)
    stale = Principal(me.user_id, me.role, me.session_id, True, me.authenticated_at - 301)
    with pytest.raises(FreshLoginRequired):
        world.app.departure.leave(stale)
    world.app.leaving.one(me.user_id, me.session_id)

    with pytest.raises(Unauthenticated):
        world.app.departure.leave(me)

    assert world.app.users.by_id(me.user_id)


@pytest.mark.parametrize("side", ["buyer_id", "agent_id"])
@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (State.CONFIRMED, {}),
        (State.CANCELLED, {"payments": (payment(state=PaymentState.CAPTURED, refunds=(Refund(5),)),)}),
        (State.COMPLETED, {"payments": (payment(state=PaymentState.CAPTURED, dispute=Dispute.OPEN),)}),
    ],
    ids=["ahead", "money on its way back", "disputed money"],
)
def test_what_keeps_somebody_is_named_and_nothing_changes(
    world: World, state: State, changes: dict[str, Any], side: str
) -> None:
    me, address = somebody(world)
    booking_id = add_booking(world, me.user_id, state, side, **changes)
    before = traces(world, me.user_id, address)

    with pytest.raises(EngagementsOpen) as refused:
        world.app.departure.leave(me)

    assert booking_id in refused.value.detail
    assert traces(world, me.user_id, address) == before
    assert jobs(world).get(me.user_id) is None


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (State.REQUESTED, {}),
        (State.AWAITING_PAYMENT, {}),
        (State.COMPLETED, {"payments": (PAID,)}),
        (State.CONFIRMED, {"interval": booking(State.CONFIRMED).interval}),
    ],
    ids=["requested", "unpaid", "completed", "over"],
)
def test_what_is_open_or_over_keeps_nobody(world: World, state: State, changes: dict[str, Any]) -> None:
    me, _ = somebody(world)
    add_booking(world, me.user_id, state, **changes)

    world.app.departure.leave(me)

    assert world.app.users.by_id(me.user_id) is None


def test_an_agent_stays_until_the_roster_is_handed_over(world: World) -> None:
    me, _ = somebody(world)
    successor, address = somebody(world)
    world.operator.grant_role(email=address, role=Role.AGENT)
    catalog = CatalogStore(world.tables, world.settings.catalog_table)
    names = [(new_id("cel", world.clock()), secrets.token_hex(8)) for _ in range(2)]
    for celebrity_id, slug in names:
        catalog.add(replace(ZOE, id=celebrity_id, slug=slug, agent_id=me.user_id), HOURS)
    with pytest.raises(RosterNotEmpty):
        world.app.departure.leave(me)

    Handover(world.app.users, world.settings.catalog_table).hand_over(me.user_id, successor.user_id)
    world.app.departure.leave(me)

    assert world.app.users.by_id(me.user_id) is None
    assert {catalog.celebrity(slug).agent_id for _, slug in names} == {successor.user_id}
    with pytest.raises(RosterNotEmpty):
        world.app.departure.leave(successor)


def test_who_takes_somebody_on_at_the_same_moment_stays(world: World) -> None:
    me, _ = somebody(world)
    table, dynamodb = world.settings.catalog_table, world.dynamodb

    class Rival:
        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb, name)

        def transact_write_items(self, **request: Any) -> Any:
            world.tables.write(Put(table, roster_item(me.user_id, ["cel_1"])))
            return dynamodb.transact_write_items(**request)

    with pytest.raises(RosterNotEmpty):
        world.over(dynamodb=Rival()).app.departure.leave(me)

    assert world.app.users.by_id(me.user_id)


def test_a_process_that_ends_leaves_a_whole_account_or_none(world: World) -> None:
    for at in range(20):
        for done in (False, True):
            me, address = somebody(world)
            before = traces(world, me.user_id, address)
            point = CrashPoint(at, done)
            doomed = world.over(
                dynamodb=CrashingClient(world.dynamodb, point), mailer=CrashingMailer(world.mailer, point)
            )
            try:
                doomed.app.departure.leave(me)
            except Crash:
                left = traces(world, me.user_id, address)
                assert left in ([], before)
                assert (jobs(world).get(me.user_id) is None) == (left == before)
                if left:
                    world.app.departure.leave(me)
                assert traces(world, me.user_id, address) == []
            else:
                assert at >= 1
                return
    pytest.fail("it does not end")


def test_somebody_with_the_most_that_an_account_can_have_leaves_too(world: World) -> None:
    me, address = somebody(world)
    user = world.app.users.by_id(me.user_id)
    assert user
    passkeys = world.app.factors.passkeys
    for number in range(19):
        made = NewCredential(secrets.token_urlsafe(), b"key", 0, backed_up=False)
        world.tables.write(*passkeys.adding(user.id, made, name=f"Key {number}", now=world.clock()))
    for _ in range(world.settings.most_sessions + 10):
        world.tables.write(*world.app.sessions.opening(user, world.clock()).writes)

    world.app.departure.leave(me)

    assert traces(world, me.user_id, address) == []


def test_the_operator_erases_and_finishes_by_command(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    me, address = somebody(world)
    settings = world.settings
    told = ("identity_table", "limits_table", "catalog_table", "bookings_table", "public_url", "mail_from")
    for name in told:
        monkeypatch.setenv(name.upper(), getattr(settings, name))
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.setattr(command, "client", lambda _name: world.dynamodb)
    monkeypatch.setattr(command, "SesMailer", lambda: world.mailer)
    booking_id = add_booking(world, me.user_id, State.COMPLETED, venue="Secret")

    assert command.main(["erase", "--user-id", me.user_id]) == 0
    assert command.main(["erase", "--user-id", me.user_id]) == 1  # there is nobody any more
    assert command.main(["finish", "--user-id", me.user_id]) == 0

    assert "erased" in capsys.readouterr().out
    assert traces(world, me.user_id, address) == []
    left = world.app.departure.store.get(booking_id)
    assert (left.venue, left.buyer_id[:7]) == ("", "erased_")
    assert left.agent_id != me.user_id
    assert world.tables.get(settings.bookings_table, keys.erasure(me.user_id))
