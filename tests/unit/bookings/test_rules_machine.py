"""Any actions by anyone, in any order and at any time: what must hold of a booking holds after each.

The only way out of a terminal state is from ``expired`` to ``confirmed``, by a payment that was taken late
and still finds its time free: who has paid is not turned away for being slow.
"""

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from greenroom.actors import PROVIDER, Actor, Role
from greenroom.bookings import actions
from greenroom.bookings.model import (
    CLAIMING,
    OPEN,
    Booking,
    ClaimChange,
    Dispute,
    Event,
    PaymentKind,
    PaymentState,
    State,
)
from greenroom.bookings.outcomes import Outcome, is_over
from greenroom.bookings.settlement import amount_due, due_at, is_outdated
from greenroom.bookings.terms import Terms
from greenroom.bookings.transitions import as_of, begin, transition
from greenroom.calendar.intervals import Interval
from greenroom.refusals import Refusal
from tests.unit.bookings.samples import ACTORS, BUYER, DAY, NOW, POLICY, START, book, draft, offer, payment

TERMINAL = set(State) - OPEN - {State.CONFIRMED}
WAITS = st.sampled_from([1, 60, 24 * 60, 24 * 60 * 8, 24 * 60 * 30]).map(lambda m: timedelta(minutes=m))
ENDS = st.sampled_from([actions.Decline(), actions.Withdraw(), actions.Cancel(), actions.Complete()])
PEOPLE = st.sampled_from([ACTORS[Role.BUYER], ACTORS[Role.AGENT]])
OFFERS = st.builds(
    lambda deposit, days: offer(deposit=deposit, start=START + days * DAY if days else None),
    st.sampled_from([0, 25_000, 125_000]),
    st.integers(0, 3),
)
PROPOSALS = st.integers(1, 30).map(
    lambda days: actions.ProposeReschedule(start=START + days * DAY, time_zone="UTC")
)


FATES = ["taken", "taken", "taken", "failed", "slot taken", "refunded", "disputed", "won", "lost"]


class BookingLife(RuleBasedStateMachine):
    """One booking, what was promised about it, and a claim that follows the orders given to the calendar."""

    booking: Booking

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.events: list[Event] = []
        self.claim: Interval | None = None
        self.versions: dict[int, Terms] = {}
        self.fresh = 0

    @initialize(instant=st.booleans(), deposit=st.sampled_from([0, 25_000]), steps=st.integers(0, 4))
    def begin(self, *, instant: bool, deposit: int, steps: int) -> None:
        action = book(deposit=deposit) if instant else actions.Request(draft=draft())
        self._take(begin(action, BUYER, self.now, POLICY))
        usual: list[tuple[actions.Action, Actor]] = [
            (offer(deposit=deposit), ACTORS[Role.AGENT]),
            (actions.Accept(1), BUYER),
            (actions.StartPayment(payment(number=0)), BUYER),
            (actions.Capture(payment(number=0).id), PROVIDER),
        ]
        for usual_action, actor in usual[:steps]:
            self._try(usual_action, actor)

    def _take(self, outcome: Outcome) -> None:
        self.booking = outcome.booking
        self.events.append(outcome.event)
        if outcome.claim is ClaimChange.TAKE:
            self.claim = outcome.booking.claimed_interval
        elif outcome.claim is ClaimChange.RELEASE:
            self.claim = None

    def _try(self, action: actions.Action, actor: Actor) -> None:
        before = self.booking
        try:
            outcome = transition(before, action, actor, self.now, POLICY)
        except Refusal:
            return
        late = type(action) is actions.Capture and before.state is State.EXPIRED
        assert before.state not in TERMINAL or outcome.booking.state is before.state or late
        assert type(action) in SYSTEM or as_of(before, self.now).state is not State.EXPIRED
        self._take(outcome)

    @rule(wait=WAITS)
    def pass_time(self, wait: timedelta) -> None:
        self.now += wait

    @precondition(lambda self: self.booking.state in (State.REQUESTED, State.OFFERED))
    @rule(action=OFFERS, actor=PEOPLE)
    def offer(self, action: actions.Offer, actor: Actor) -> None:
        self._try(action, actor)

    @precondition(lambda self: self.booking.turn is not None)
    @rule(stale=st.sampled_from([0, 0, 0, 1]))
    def accept(self, stale: int) -> None:
        self._try(
            actions.Accept(self.booking.terms_versions - stale), ACTORS[self.booking.turn or Role.ADMIN]
        )

    @precondition(lambda self: self.booking.state is State.CONFIRMED)
    @rule(action=PROPOSALS, actor=PEOPLE)
    def propose(self, action: actions.ProposeReschedule, actor: Actor) -> None:
        self._try(action, actor)

    @precondition(lambda self: self.booking.proposal is not None)
    @rule(actor=PEOPLE)
    def refuse_the_proposal(self, actor: Actor) -> None:
        self._try(actions.DeclineReschedule(), actor)

    @precondition(lambda self: self.booking.version > 2)
    @rule(action=ENDS, actor=st.sampled_from(list(ACTORS.values())))
    def end(self, action: actions.Action, actor: Actor) -> None:
        self._try(action, actor)

    @precondition(lambda self: is_over(self.booking, self.now))
    @rule()
    def sweep(self) -> None:
        self._try(self._sweeping, ACTORS[Role.CLOCK])

    @property
    def _sweeping(self) -> actions.Action:
        return actions.LapseReschedule() if self.booking.proposal else actions.Expire()

    @precondition(lambda self: self.booking.state in (State.AWAITING_PAYMENT, State.CONFIRMED))
    @precondition(lambda self: len(self.booking.payments) < 4)
    @rule()
    def start_payment(self) -> None:
        self.fresh += 1
        kind = PaymentKind.BALANCE if self.booking.state is State.CONFIRMED else PaymentKind.DEPOSIT
        until = None if kind is PaymentKind.DEPOSIT else self.now + DAY
        due = amount_due(self.booking, kind)
        started = payment(kind, number=self.fresh, amount=due, open_until=until)
        self._try(actions.StartPayment(started), BUYER)

    @precondition(lambda self: self.booking.payments)
    @rule(data=st.data(), fate=st.sampled_from(FATES))
    def hear_from_the_provider(self, data: st.DataObject, fate: str) -> None:
        paid = data.draw(st.sampled_from([each.id for each in self.booking.payments]))
        told: dict[str, actions.Action] = {
            "taken": actions.Capture(paid),
            "failed": actions.FailPayment(paid),
            "slot taken": actions.ReturnCapture(paid, "taken"),
            "refunded": actions.SettleRefund(paid, data.draw(st.integers(0, 2))),
            "disputed": actions.OpenDispute(paid),
            "won": actions.CloseDispute(paid, won=True),
            "lost": actions.CloseDispute(paid, won=False),
        }
        if fate == "slot taken" and self.booking.state not in (State.AWAITING_PAYMENT, State.EXPIRED):
            return  # only these claim anew, so only these can find their time taken
        self._try(told[fate], PROVIDER)

    @precondition(
        lambda self: any(is_outdated(self.booking, each, self.now) for each in self.booking.payments)
    )
    @rule()
    def end_what_is_outdated(self) -> None:
        for each in self.booking.payments:
            if is_outdated(self.booking, each, self.now):
                self._try(actions.VoidPayment(each.id), ACTORS[Role.CLOCK])

    @precondition(lambda self: self.booking.payments)
    @rule(amount=st.sampled_from([1, 5_000, 25_000, 125_000]))
    def give_back_by_hand(self, amount: int) -> None:
        self._try(actions.OrderRefund(amount), ACTORS[Role.ADMIN])

    @invariant()
    def the_version_is_the_number_of_events(self) -> None:
        assert [event.version for event in self.events] == list(range(1, self.booking.version + 1))

    @invariant()
    def the_claim_matches_the_state(self) -> None:
        held = self.booking.claimed_interval if self.booking.state in CLAIMING else None
        assert self.claim == held

    @invariant()
    def no_terms_change_and_no_number_is_used_twice(self) -> None:
        proposal = self.booking.proposal
        for terms in (self.booking.terms, proposal.terms if proposal else None):
            if terms is not None:
                assert self.versions.setdefault(terms.version, terms) == terms
        assert len(self.versions) == self.booking.terms_versions

    @invariant()
    def somebody_is_waited_for_exactly_while_something_is_open(self) -> None:
        booking = self.booking
        waiting = booking.state in OPEN or booking.proposal is not None
        assert (booking.deadline is not None) == waiting
        assert (booking.turn is not None) == (waiting and booking.state is not State.AWAITING_PAYMENT)
        assert booking.proposal is None or booking.state is State.CONFIRMED
        assert booking.deadline is None or booking.deadline <= booking.interval.start

    @invariant()
    def money_is_never_lost(self) -> None:
        booking = self.booking
        for each in booking.payments:
            assert (
                0
                <= each.refunded + each.refund_due
                <= (each.amount if each.state is PaymentState.CAPTURED else 0)
            )
            assert each.state is PaymentState.CAPTURED or not each.refunds
            assert not each.owed or each.dispute is not Dispute.OPEN
        kept = sum(each.kept for each in booking.payments)
        assert booking.captured == kept + booking.returned
        assert all(refund.amount > 0 for each in booking.payments for refund in each.refunds)
        if booking.state not in (State.CONFIRMED, State.COMPLETED, State.CANCELLED):
            assert kept == 0, "a capture ends confirmed or refunded"
        if booking.terms is not None:
            assert kept <= booking.terms.total
            if booking.state in (State.CONFIRMED, State.COMPLETED):
                assert booking.paid(PaymentKind.DEPOSIT) == booking.terms.deposit

    @invariant()
    def what_nobody_asks_for_is_due_at_some_time(self) -> None:
        due = due_at(self.booking, self.now)
        waiting = [each for each in self.booking.payments if each.owed or each.is_open]
        if self.booking.deadline is not None or waiting:
            assert due is not None
            assert due <= (self.booking.deadline or due)
        else:
            assert due is None

    @invariant()
    def what_the_clock_voids_is_what_the_sweeper_writes(self) -> None:
        shown = as_of(self.booking, self.now)
        if shown != self.booking:
            written = transition(self.booking, self._sweeping, ACTORS[Role.CLOCK], self.now, POLICY).booking
            assert replace(written, version=shown.version) == shown


SYSTEM = {
    actions.Capture,
    actions.ReturnCapture,
    actions.FailPayment,
    actions.SettleRefund,
    actions.VoidPayment,
    actions.OrderRefund,
    actions.OpenDispute,
    actions.CloseDispute,
    actions.Expire,
    actions.LapseReschedule,
}

TestBookingLife = BookingLife.TestCase
TestBookingLife.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
