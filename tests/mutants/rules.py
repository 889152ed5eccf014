"""The rules of bookings, each with the change that breaks it.

Most fall to one test: the house, in which any deeds are done by callers who overtake one another, over the
real desk, cashier and sweeper.
"""

from tests.mutants.mutant import Mutant, mutant

_BOOKINGS = "layers/greenroom/bookings/"
_CALENDAR = "layers/greenroom/calendar/days.py"
_CASHIER = "layers/greenroom/payments/cashier.py"
_HOUSE = (
    "tests/service/bookings/test_house.py::"
    "test_live_claims_never_overlap_and_every_engagement_has_its_whole_time"
)
_DAYS = "tests/unit/calendar/test_days.py::"
_MACHINE = "tests/unit/bookings/test_rules_machine.py::TestBookingLife"
_NEGOTIATION = "tests/service/bookings/test_negotiation.py::"
_REFUNDS = "tests/service/bookings/test_refund_orders.py::"

RULES: tuple[Mutant, ...] = (
    # exclusive time
    mutant(
        "a live claim of somebody else refuses",
        _CALENDAR,
        "other.booking_id != wanted.booking_id and other.interval.overlaps(wanted.interval)",
        "False",
        _HOUSE,
    ),
    mutant(
        "an overlap from either side is one",
        "layers/greenroom/calendar/intervals.py",
        "return self.start < other.end and other.start < self.end",
        "return self.start <= other.start < self.end",
        _HOUSE,
    ),
    mutant(
        "a hold ends at its expiry",
        _CALENDAR,
        "return self.expires_at is None or now < self.expires_at",
        "return True",
        _HOUSE,
    ),
    mutant(
        "a claim that moves leaves its old days",
        _CALENDAR,
        "changed.append(doc._next(kept | {wanted.booking_id: wanted} if day in days else kept))",
        "changed.append(doc._next(kept | {wanted.booking_id: wanted} if day in days else doc.claims))",
        f"{_DAYS}test_moving_a_claim_releases_the_old_time_in_the_same_step",
    ),
    mutant(
        "who says no lets the time go",
        f"{_BOOKINGS}negotiation.py",
        "return outcome(booking, closed, step, kind, claim=ClaimChange.RELEASE, reason=reason)",
        "return outcome(booking, closed, step, kind, reason=reason)",
        _HOUSE,
    ),
    mutant(
        "a cancellation lets the time go",
        f"{_BOOKINGS}settlement.py",
        "        EventType.CANCELLED,\n        claim=ClaimChange.RELEASE,\n",
        "        EventType.CANCELLED,\n",
        "tests/service/bookings/test_released_time.py::"
        "test_what_a_cancellation_lets_go_can_be_booked_at_once",
    ),
    mutant(
        "a late capture claims the whole time anew",
        f"{_BOOKINGS}settlement.py",
        "booking, confirmed, step, EventType.CONFIRMED, claim=ClaimChange.TAKE, payment_id=payment.id",
        "booking, confirmed, step, EventType.CONFIRMED, payment_id=payment.id",
        _HOUSE,
    ),
    mutant(
        "a counter-offer extends its hold",
        f"{_BOOKINGS}negotiation.py",
        "kind, claim=ClaimChange.TAKE, reason=action.message",
        "kind, claim=ClaimChange.KEEP, reason=action.message",
        _HOUSE,
    ),
    # turns, versions, deadlines
    mutant(
        "an offer is answered by the side whose turn it is",
        f"{_BOOKINGS}negotiation.py",
        "    if booking.state is State.OFFERED:\n        demand_turn(booking, step)\n",
        "",
        f"{_NEGOTIATION}test_a_step_by_the_wrong_side_or_at_the_wrong_moment_changes_nothing",
    ),
    mutant(
        "only the newest terms can be accepted",
        f"{_BOOKINGS}outcomes.py",
        "if terms is None or terms.version != action.terms_version:",
        "if terms is None:",
        f"{_NEGOTIATION}test_a_step_by_the_wrong_side_or_at_the_wrong_moment_changes_nothing",
    ),
    mutant(
        "a step is taken upon the version that its caller knows",
        f"{_BOOKINGS}desk.py",
        "            if current.version != known:\n",
        "            if False:\n",
        f"{_NEGOTIATION}test_a_race_over_a_day_is_decided_anew_and_one_over_the_booking_is_lost",
    ),
    mutant(
        "a passed deadline is void before anybody wrote it down",
        f"{_BOOKINGS}transitions.py",
        "        if as_of(booking, now).state is State.EXPIRED:\n            raise Expired\n",
        "",
        f"{_NEGOTIATION}test_after_the_deadline_an_offer_is_void_before_and_after_the_sweeper",
        _MACHINE,
    ),
    mutant(
        "no deadline outlasts the start",
        f"{_BOOKINGS}outcomes.py",
        "    return min(deadline, start)\n",
        "    return deadline\n",
        "tests/unit/bookings/test_deadlines.py::test_no_wait_outlasts_the_start",
    ),
    mutant(
        "numbers of terms are never used twice",
        f"{_BOOKINGS}negotiation.py",
        "version=booking.terms_versions + 1, start=interval.start",
        "version=booking.terms.version + 1, start=interval.start",
        _MACHINE,
    ),
    mutant(
        "an engagement is completed when it is over",
        f"{_BOOKINGS}negotiation.py",
        "    if step.now < booking.interval.end:\n",
        "    if False:\n",
        f"{_NEGOTIATION}test_an_engagement_is_completed_once_it_is_over",
    ),
    # money
    mutant(
        "each refund has a key of its own",
        _CASHIER,
        'key=f"{payment.id}:{place}",',
        "key=payment.id,",
        f"{_REFUNDS}test_an_admin_gives_back_in_parts_up_to_what_was_captured_and_no_more",
    ),
    mutant(
        "what is owed back is due at once",
        f"{_BOOKINGS}settlement.py",
        "        if payment.owed or (payment.is_open",
        "        if (payment.is_open",
        f"{_REFUNDS}test_a_cancelled_booking_is_paid_back_by_the_sweeper",
    ),
    mutant(
        "a payment that has outlived its booking is ended",
        f"{_BOOKINGS}settlement.py",
        "    if PAYABLE.get(booking.state) is not payment.kind:\n        return True\n",
        "    if PAYABLE.get(booking.state) is not payment.kind:\n        return False\n",
        "tests/unit/bookings/test_payment_rules.py::test_an_open_payment_ends_with_what_it_was_for",
    ),
    mutant(
        "a capture that nobody told of is found",
        _CASHIER,
        '        if found.state == "captured":\n',
        '        if found.state == "nothing":\n',
        f"{_REFUNDS}test_a_capture_whose_message_never_came_is_found_at_the_deadline",
    ),
    mutant(
        "nothing goes back of a payment while a bank decides",
        f"{_BOOKINGS}model.py",
        "        if self.dispute is Dispute.OPEN:\n            return ()\n",
        "",
        _MACHINE,
    ),
    mutant(
        "what has gone back is written down though a bank decides",
        f"{_BOOKINGS}settlement.py",
        "    if payment is None or promised is None or promised.settled:\n",
        "    if payment is None or promised is None or action.place not in payment.owed:\n",
        f"{_REFUNDS}test_a_refund_that_went_out_just_before_a_dispute_is_not_paid_again_after_it",
    ),
    mutant(
        "a refund is looked for before it is asked for",
        "layers/greenroom/payments/stripe_provider.py",
        "if any(_is_refund(each, key) for each in made.auto_paging_iter()):",
        "if False:",
        "tests/service/local/test_stripe_adapter.py::"
        "test_a_refund_whose_key_the_provider_has_forgotten_is_found_and_not_made_again",
    ),
    mutant(
        "what a bank is still at is not called ended",
        _CASHIER,
        '        if found.state == "open":\n',
        "        if False:\n",
        f"{_REFUNDS}test_a_payment_that_a_bank_is_still_at_is_asked_about_until_it_is_decided",
    ),
    mutant(
        "one refusal of the provider's keeps no other money back",
        _CASHIER,
        "            failures.append(failure)\n",
        "            raise failure\n",
        f"{_REFUNDS}test_one_refund_that_the_provider_refuses_keeps_no_other_back",
        f"{_REFUNDS}test_a_payment_that_cannot_be_ended_keeps_no_refund_back",
    ),
    mutant(
        "a provider that hangs does not use up a run",
        "functions/sweeper/main.py",
        "            if in_vain < _CALLS_IN_VAIN:\n",
        "            if True:\n",
        "tests/service/bookings/test_sweeper.py::"
        "test_a_provider_that_does_not_answer_costs_a_run_two_calls_and_no_expiry",
    ),
    mutant(
        "terms are written a bounded number of times",
        f"{_BOOKINGS}negotiation.py",
        "    if booking.terms_versions >= MOST_TERMS:\n",
        "    if False:\n",
        "tests/unit/bookings/test_negotiation.py::"
        "test_the_terms_of_a_booking_are_written_a_bounded_number_of_times",
    ),
    mutant(
        "who is an agent no more does not act as one",
        "functions/bookings/table.py",
        "    if side is not Role.AGENT or principal.role is Role.AGENT:\n",
        "    if True:\n",
        "tests/service/bookings/test_negotiation.py::"
        "test_who_is_an_agent_no_more_does_nothing_in_an_agents_place",
    ),
    mutant(
        "what a bank gave back settles what was owed",
        f"{_BOOKINGS}settlement.py",
        "closed = replace(closed, refunds=(*settled, Refund(taken_back, settled=True)))",
        "closed = replace(closed, refunds=(*payment.refunds, Refund(taken_back, settled=True)))",
        f"{_REFUNDS}test_what_a_bank_gives_back_is_not_paid_back_again",
        _MACHINE,
    ),
    mutant(
        "no more is refunded than is kept",
        f"{_BOOKINGS}settlement.py",
        "    if not 0 < action.amount <= booking.captured - booking.returned:\n",
        "    if not 0 < action.amount <= booking.captured:\n",
        f"{_REFUNDS}test_an_admin_gives_back_in_parts_up_to_what_was_captured_and_no_more",
    ),
    mutant(
        "a refund makes nothing due again",
        f"{_BOOKINGS}model.py",
        "            payment.amount\n            for payment in self.payments\n            if payment.kind",
        "            payment.kept\n            for payment in self.payments\n            if payment.kind",
        _MACHINE,
    ),
    mutant(
        "an agent who cancels gives all of it back",
        f"{_BOOKINGS}settlement.py",
        "        return booking.captured - booking.returned\n",
        "        return 0\n",
        f"{_NEGOTIATION}test_the_refund_is_shown_before_and_is_what_a_cancellation_then_returns",
    ),
    mutant(
        "nothing is paid where nothing is due",
        f"{_BOOKINGS}settlement.py",
        "not 0 < payment.amount == due",
        "payment.amount != due",
        _MACHINE,
    ),
    mutant(
        "a capture of what is not due goes back",
        f"{_BOOKINGS}settlement.py",
        'return _give_back(booking, payment, step, "this was paid before")',
        "pass",
        "tests/service/bookings/test_provider_events.py::"
        "test_the_balance_is_paid_once_and_a_second_time_goes_back",
    ),
    mutant(
        "no deposit has thousandths, which no card pays",
        f"{_BOOKINGS}desk.py",
        "deposit=share(offering.price, offering.deposit_share, payable_unit(offering.currency)),",
        "deposit=share(offering.price, offering.deposit_share),",
        "tests/service/local/test_stripe_adapter.py::"
        "test_parts_that_do_not_divide_are_paid_and_given_back_in_every_kind_of_currency",
    ),
    mutant(
        "no refund has thousandths either",
        f"{_BOOKINGS}settlement.py",
        "taken, payable_unit(booking.currency)",
        "taken",
        "tests/service/local/test_stripe_adapter.py::"
        "test_parts_that_do_not_divide_are_paid_and_given_back_in_every_kind_of_currency",
    ),
    mutant(
        "a roster is written if it still is what was read",
        "layers/greenroom/catalog/changes.py",
        'when={"celebrities": roster} if stored else NEW,',
        'when={"size": len(roster)} if stored else NEW,',
        "tests/unit/catalog/test_changes.py::"
        "test_one_who_left_and_one_who_came_are_not_mistaken_for_the_roster_that_was_read",
    ),
    mutant(
        "the ledger counts what went back",
        f"{_BOOKINGS}ledger.py",
        '        yield "refund", -changes["refund"]\n',
        '        yield "refund", 0\n',
        f"{_REFUNDS}test_the_ledger_balances_with_the_payments",
    ),
)
