"""The defences, each with the change that takes it away and the tests that must then fall."""

from tests.mutants.mutant import mutant

_L = "layers/greenroom/"
_GATEWAY, _IDENTITY, _LIMITS, _MESSAGING, _PAYMENTS = (
    f"{_L}{name}/" for name in ("gateway", "identity", "limits", "messaging", "payments")
)
_UNIT = "tests/unit/gateway/"
_ORDER = f"{_UNIT}test_order_of_refusals.py::"
_FORGED = "tests/unit/identity/test_forged_tokens.py::test_a_forged_token_is_refused_without_a_word_on_why"
_MALFORMED = f"{_UNIT}test_malformed_bodies.py::"
_MESSAGES = "tests/unit/payments/test_stripe_messages.py::"


DEFENCES = (
    # admission
    mutant(
        "a function that cannot tell who calls serves nobody",
        f"{_GATEWAY}admission.py",
        "if token is None or self.verify is None:\n            raise Unauthenticated\n",
        "if not token or self.verify is None:\n            return None  # type: ignore[return-value]\n",
        f"{_ORDER}test_without_a_usable_token_every_closed_route_is_a_401",
    ),
    mutant(
        "what guards a secret is refused while nobody can count",
        f"{_GATEWAY}admission.py",
        "if not policy.fails_open:",
        "if False:",
        "tests/service/limits/test_admission.py::"
        "test_while_nobody_can_count_the_general_passes_with_an_alarm_and_secrets_are_closed",
    ),
    mutant(
        "an ended session stays ended while nobody can count",
        f"{_GATEWAY}admission.py",
        "        principal = self.sessions.principal(claims, now)\n",
        "        principal = Principal(claims.user_id, claims.role, claims.session_id, True)\n",
        "tests/service/limits/test_admission.py::test_while_nobody_can_count_an_ended_session_stays_ended",
    ),
    mutant(
        "only the gateway's word says where a request comes from",
        f"{_GATEWAY}requests.py",
        'source_ip=str(identity.get("sourceIp", "")),',
        'source_ip=headers.get("x-forwarded-for", ""),',
        "tests/service/limits/test_admission.py::"
        "test_ten_authentication_calls_of_an_address_and_no_more_whatever_headers_claim",
    ),
    mutant(
        "only the gateway's word says that a partner's key was checked",
        f"{_GATEWAY}requests.py",
        'key_id=str(identity["apiKeyId"]) if identity.get("apiKeyId") else None,',
        'key_id=headers.get("x-api-key"),',
        f"{_UNIT}test_partners.py::test_a_key_in_a_header_that_the_gateway_did_not_ask_for_is_nothing",
    ),
    mutant(
        "a partner's key spares no limit that guards a secret",
        f"{_GATEWAY}admission.py",
        "(metered and limit is Limit.GENERAL)",
        "metered",
        f"{_UNIT}test_partners.py::test_what_guards_a_secret_is_counted_for_partners_too",
    ),
    mutant(
        "several credentials are none",
        f"{_GATEWAY}requests.py",
        'if name.lower() == "authorization") > 1:',
        'if name.lower() == "authorization") > 99:',
        f"{_UNIT}test_answers.py::test_several_credentials_are_none",
    ),
    mutant(
        "only spaces stand around a token",
        f"{_GATEWAY}requests.py",
        'credentials.strip(" ")',
        "credentials.strip()",
        f"{_UNIT}test_answers.py::test_only_spaces_stand_around_a_token",
    ),
    mutant(
        "only the monitoring token is one",
        f"{_GATEWAY}monitors.py",
        "return _among(digest, self._known(REFRESH_SECONDS)) or",
        "return True or",
        f"{_UNIT}test_monitors.py",
    ),
    mutant(
        "an IPv6 network is one caller",
        f"{_LIMITS}addresses.py",
        "_SITE_BITS = 56",
        "_SITE_BITS = 128",
        "tests/unit/limits/test_addresses.py",
    ),
    mutant(
        "ten tries and no eleventh",
        f"{_LIMITS}policies.py",
        'AUTHENTICATION = Policy(name="authentication", limit=10,',
        'AUTHENTICATION = Policy(name="authentication", limit=11,',
        "tests/service/limits/test_admission.py::test_of_eighty_at_once_exactly_ten_pass_the_gate",
    ),
    mutant(
        "a try is counted before it is looked at",
        f"{_IDENTITY}login.py",
        "guess = self.guesses.count(_folded(email), self.clock())",
        "guess = None",
        "tests/service/identity/test_guesses.py::"
        "test_the_guesses_of_a_quarter_of_an_hour_are_limited_to_the_millisecond",
    ),
    mutant(
        "a reset opens what guesses have closed",
        f"{_IDENTITY}password_reset.py",
        "        self.guesses.clear(user.folded_email)\n",
        "",
        "tests/service/identity/test_guesses.py::test_a_password_reset_stays_open_and_opens_the_login",
    ),
    # the verifier
    # That the algorithm is ours, and a signature spelt in one way, is checked here and by the library: either
    # holds alone, and no single change takes them away.
    mutant(
        "the signature is verified",
        f"{_IDENTITY}verification.py",
        '                    "strict_aud": True,\n',
        '                    "strict_aud": True,\n                    "verify_signature": False,\n',
        f"{_FORGED}[one bit changed]",
    ),
    mutant(
        "one type of token",
        f"{_IDENTITY}verification.py",
        ' or header["typ"] != TYPE',
        "",
        f"{_FORGED}[typ JWT]",
    ),
    mutant(
        "no other member of the header",
        f"{_IDENTITY}verification.py",
        "header.keys() != _HEADER",
        "not header.keys() >= _HEADER",
        f"{_FORGED}[jku]",
    ),
    mutant(
        "no member twice",
        f"{_IDENTITY}verification.py",
        ", object_pairs_hook=_unique)",
        ")",
        f"{_FORGED}[header has a member twice]",
    ),
    mutant(
        "one of the two values of s",
        f"{_IDENTITY}verification.py",
        " or _s_of(found[2]) > LARGEST_S",
        "",
        f"{_FORGED}[the larger s]",
    ),
    mutant(
        "a bounded token",
        f"{_IDENTITY}verification.py",
        "if len(token) <= LARGEST_TOKEN else None",
        "if token else None",
        f"{_FORGED}[oversize]",
    ),
    mutant(
        "times are whole numbers",
        f"{_IDENTITY}verification.py",
        "if not all(type(moment) is int for moment in (issued_at, expires_at, begins_at)):",
        "if not all(isinstance(moment, (int, float)) for moment in (issued_at, expires_at, begins_at)):",
        f"{_FORGED}[exp is a fraction]",
    ),
    mutant(
        "an expired token is over",
        f"{_IDENTITY}verification.py",
        " or expires_at + LEEWAY_SECONDS <= now",
        "",
        f"{_FORGED}[expired]",
    ),
    mutant(
        "a token of the future is none",
        f"{_IDENTITY}verification.py",
        "max(issued_at, begins_at) > now + LEEWAY_SECONDS or ",
        "",
        f"{_FORGED}[issued in the future]",
    ),
    mutant(
        "one audience, not a list",
        f"{_IDENTITY}verification.py",
        '"strict_aud": True,',
        "",
        f"{_FORGED}[audience is a list]",
    ),
    # the order in dispatch
    mutant(
        "the role before the thing",
        f"{_GATEWAY}dispatch.py",
        "        call.authorise()\n        call.load()\n",
        "        call.load()\n        call.authorise()\n",
        f"{_ORDER}test_of_two_faults_the_earlier_step_is_told",
    ),
    mutant(
        "a role that the route does not name is refused",
        f"{_GATEWAY}dispatch.py",
        "if self.principal.role not in self.route.access:",
        "if False:",
        f"{_UNIT}test_reports.py::test_who_lacks_the_role_is_also_a_security_event",
    ),
    mutant(
        "what costs money needs a verified address",
        f"{_GATEWAY}dispatch.py",
        "if self.route.verified and not self.principal.verified:",
        "if False:",
        f"{_ORDER}test_an_unverified_address_is_told_after_the_role_and_before_the_key",
    ),
    mutant(
        "a path that names nothing possible reaches no store",
        f"{_GATEWAY}dispatch.py",
        "if not all(map(_PATH_VALUE.fullmatch, self.request.path_parameters.values())):",
        "if False:",
        f"{_ORDER}test_a_path_that_names_nothing_possible_is_a_404_and_reaches_no_store",
    ),
    mutant(
        "an error tells the caller nothing",
        f"{_GATEWAY}dispatch.py",
        "return from_refusal(InternalError(), request)",
        "return from_refusal(InternalError(str(error)), request)",
        f"{_UNIT}test_reports.py::test_a_handler_that_breaks_is_a_500_that_tells_the_caller_nothing",
    ),
    # ownership
    mutant(
        "a booking is its sides' alone",
        f"{_L}bookings/desk.py",
        "        if role is not Role.ADMIN and booking.party(user_id) is None:\n            raise NotFound\n",
        "",
        "tests/service/bookings/test_views.py",
    ),
    mutant(
        "only the buyer pays",
        "functions/payments/routes.py",
        "    if booking.party(principal.user_id) is not Role.BUYER:\n        raise NotFound\n",
        "",
        "tests/service/test_permissions.py::"
        "test_who_was_an_agent_and_is_now_a_buyer_gains_nothing_over_the_old_bookings",
    ),
    mutant(
        "a session is its user's",
        f"{_IDENTITY}liveness.py",
        'Guard(equal={"user_id": claims.user_id}, later=',
        "Guard(equal={}, later=",
        "tests/service/identity/test_sessions.py::test_a_token_that_names_another_users_session_is_refused",
    ),
    mutant(
        "nobody becomes an admin over the API",
        f"{_IDENTITY}administration.py",
        "if user.role is Role.ADMIN:",
        "if False:",
        "tests/service/identity/test_administration.py",
    ),
    # decoding
    mutant(
        "256 KiB and not a byte more",
        f"{_GATEWAY}requests.py",
        "if len(body) > LARGEST_BODY:",
        "if len(body) > LARGEST_BODY + 1:",
        f"{_MALFORMED}test_a_body_may_have_256_kib_and_not_a_byte_more",
    ),
    mutant(
        "no key twice",
        f"{_GATEWAY}decode.py",
        "if len(found) != len(pairs):",
        "if False:",
        f"{_MALFORMED}test_a_malformed_body_is_a_400_and_reaches_no_handler[a key twice]",
    ),
    mutant(
        "no deeper than a parser goes",
        f"{_GATEWAY}decode.py",
        "if depth > DEEPEST:",
        "if False:",
        f"{_MALFORMED}test_a_malformed_body_is_a_400_and_reaches_no_handler",
    ),
    mutant(
        "no property that nobody asked for",
        f"{_L}shapes.py",
        'strict=True, extra="forbid", frozen=True, allow_inf_nan=False',
        'strict=True, extra="ignore", frozen=True, allow_inf_nan=False',
        f"{_UNIT}test_strict_shapes.py",
    ),
    # cursors
    mutant(
        "a cursor is signed",
        f"{_GATEWAY}cursors.py",
        "if not hmac.compare_digest(tag, self._tag(scope, payload)):",
        "if False:",
        f"{_UNIT}test_cursors.py::test_not_one_changed_character_is_taken",
    ),
    mutant(
        "a cursor is its caller's and its query's",
        f"{_GATEWAY}cursors.py",
        'scope.encode() + b"\\0" + payload',
        'b"\\0" + payload',
        f"{_UNIT}test_cursors.py::test_a_cursor_of_another_caller_or_query_does_not_open",
    ),
    # webhooks
    mutant(
        "a message is signed",
        f"{_PAYMENTS}stripe_provider.py",
        "            stripe.WebhookSignature.verify_header(text, signature, secret, _TOLERANCE_SECONDS)\n",
        "",
        f"{_MESSAGES}test_a_signature_of_another_secret_is_refused",
    ),
    mutant(
        "a message is fresh",
        f"{_PAYMENTS}stripe_provider.py",
        "_TOLERANCE_SECONDS = 300",
        "_TOLERANCE_SECONDS = 3000",
        f"{_MESSAGES}test_an_old_signature_is_refused",
    ),
    mutant(
        "an id is text",
        f"{_PAYMENTS}stripe_provider.py",
        "if not isinstance(value, str) or len(value) > _LONGEST_ID:",
        "if False:",
        f"{_MESSAGES}test_a_signed_message_whose_ids_are_none_is_refused",
    ),
    mutant(
        "the amount is the one asked for",
        f"{_PAYMENTS}cashier.py",
        "if (event.amount, event.currency) != (payment.amount, payment.currency):",
        "if False:",
        "tests/service/bookings/test_provider_events.py::"
        "test_an_amount_that_nobody_asked_for_confirms_nothing_and_raises_an_alarm",
    ),
    # headers
    mutant(
        "every answer carries the table",
        f"{_GATEWAY}responses.py",
        "        **SECURITY_HEADERS,\n",
        "",
        f"{_UNIT}test_answers.py::test_every_status_carries_the_security_headers_and_the_ids",
    ),
    mutant(
        "what is somebody's own is kept by nobody",
        f"{_GATEWAY}responses.py",
        "        if route.public:\n",
        "        if True:\n",
        f"{_UNIT}test_preconditions.py::"
        "test_an_open_answer_may_be_kept_to_be_asked_about_and_a_private_one_by_nobody",
    ),
    mutant(
        "an unknown origin is told nothing",
        f"{_GATEWAY}headers.py",
        '    headers = {"Vary": "Origin"}\n    if origin in allowed:',
        '    headers = {"Vary": "Origin"}\n    if origin:',
        f"{_UNIT}test_cors.py::test_an_unknown_origin_is_told_nothing",
    ),
    # refresh: that a token works once is demanded of its own item and of the session's; either holds alone
    mutant(
        "a used refresh token ends the session",
        f"{_IDENTITY}refresh.py",
        "        if not forgiven:\n            self.sessions.end(session.user_id, session.id)\n",
        "",
        "tests/service/identity/test_refresh.py::"
        "test_a_used_token_ends_the_session_once_its_successor_was_used",
    ),
    mutant(
        "a disabled account continues no session",
        f"{_IDENTITY}refresh.py",
        "user is None or user.disabled or changed",
        "user is None or changed",
        "tests/service/identity/test_refresh.py::"
        "test_a_session_whose_account_was_disabled_or_changed_hands_cannot_be_continued",
    ),
    mutant(
        "limits are off on one machine alone",
        f"{_L}settings.py",
        'if value == "off" and told.data.get("stage") != "local":',
        "if False:",
        "tests/unit/test_settings.py::test_limits_are_off_on_one_machine_alone",
    ),
    # mail: what people typed is text in every form, and what did not go out is not forgotten
    mutant(
        "what people typed is no markup in a letter",
        f"{_MESSAGING}markup.py",
        "value=escape(value)",
        "value=value",
        "tests/unit/messaging/test_markup.py::test_no_text_that_people_typed_becomes_markup",
    ),
    mutant(
        "a venue is one line of a calendar",
        f"{_MESSAGING}calendar_files.py",
        "one_line(booking.venue)",
        "booking.venue",
        "tests/unit/messaging/test_calendar_files.py::test_nothing_typed_by_a_user_becomes_a_line_of_its_own",
    ),
    mutant(
        "a subject holds no encoded word",
        f"{_MESSAGING}envelopes.py",
        'letter.subject.replace("=?", "= ?")',
        "letter.subject",
        "tests/unit/messaging/test_letters.py::"
        "test_no_text_that_people_typed_adds_a_header_a_recipient_or_a_part",
    ),
    mutant(
        "nobody waits for what can never be mailed",
        f"{_MESSAGING}stream.py",
        "            if not _is_set_apart(record, set_apart):\n",
        "            if True:\n",
        "tests/unit/messaging/test_stream.py::"
        "test_an_event_that_can_never_be_delivered_stops_none_of_the_others_of_its_booking_either",
    ),
    mutant(
        "what fails again stays in the queue of undelivered events",
        f"{_MESSAGING}command.py",
        "            if outcome.failed:\n",
        "            if False:\n",
        "tests/service/outbox/test_command.py::"
        "test_an_event_that_fails_again_stays_in_the_queue_and_the_others_leave_it",
    ),
    mutant(
        "a published file stays what it is",
        f"{_L}uploads/desk.py",
        "        if upload.published_size is not None:\n            return upload\n",
        "",
        "tests/service/uploads/test_desk.py::"
        "test_completing_again_answers_the_same_and_looks_at_nothing_that_came_later",
    ),
    mutant(
        "a photo does not tell where it was taken",
        f"{_L}uploads/images.py",
        "            continue\n        kept += [segment, scan]",
        "            pass\n        kept += [segment, scan]",
        "tests/unit/uploads/test_inspection.py::test_what_a_photo_tells_beside_the_picture_is_gone",
    ),
    mutant(
        "who has left is in no log of a booking",
        f"{_L}privacy/cleaning.py",
        "                self._blank_log(booking, job)\n",
        "",
        "tests/service/privacy/test_cleaning.py::"
        "test_a_person_is_taken_out_of_every_booking_and_the_books_stay_right",
    ),
)
