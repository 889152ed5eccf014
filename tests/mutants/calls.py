"""Calls of AWS, error reports, and what is remembered of callers."""

from tests.mutants.mutant import mutant

_L = "layers/greenroom/"

CALLS = (
    mutant(
        "AWS's certificate is verified",
        f"{_L}aws/runtime.py",
        "        options = TlsContextOptions()\n",
        "        options = TlsContextOptions()\n        options.verify_peer = False\n",
        "tests/service/aws/test_tls.py::test_an_unknown_authority_is_refused_and_a_named_one_accepted",
    ),
    mutant(
        "and its name is",
        f"{_L}aws/runtime.py",
        "tls.set_server_name(self._address[0])",
        'tls.set_server_name("127.0.0.1")',
        "tests/service/aws/test_tls.py::test_a_certificate_of_another_name_is_refused",
    ),
    mutant(
        "a response has the bytes that it declares",
        f"{_L}aws/runtime.py",
        'complete = length == str(len(content)) if length else "transfer-encoding" in received',
        "complete = True",
        "tests/service/aws/test_endpoint.py::"
        "test_a_second_response_is_neither_part_of_the_first_nor_the_next_requests",
    ),
    mutant(
        "after a dead connection the other idle ones are not tried",
        f"{_L}aws/runtime.py",
        "                if reused:",
        "                if False:",
        "tests/service/aws/test_endpoint.py::test_after_one_kept_connection_broke_the_others_are_not_tried",
    ),
    mutant(
        "a snapshot holds no connection, thread or credentials",
        f"{_L}storage/clients.py",
        "lifecycle.before_snapshot(close)",
        "pass",
        "tests/service/aws/test_lifecycle.py",
    ),
    mutant(
        "the attempts of a transaction are one transaction",
        f"{_L}aws/client.py",
        'if operation == "TransactWriteItems":',
        "if False:",
        "tests/unit/aws/test_client.py::test_a_transaction_has_a_token_of_its_own_however_often_it_is_tried",
    ),
    mutant(
        "an attempt without a response may have run",
        f"{_L}aws/client.py",
        "unknown = unknown or may_have_run(error)",
        "unknown = False",
        "tests/unit/aws/test_client.py::test_a_failed_condition_says_whether_an_earlier_attempt_may_have_run",
    ),
    mutant(
        "a write whose response was lost is not reported as refused",
        f"{_L}storage/tables.py",
        "if not failed.may_have_run:",
        "if True:",
        "tests/service/aws/test_lost_response.py::test_a_conditional_put_is_done_once_and_succeeds",
    ),
    mutant(
        "a put that another call has made is not claimed",
        f"{_L}storage/writes.py",
        "return found is not None and encode_item(found) == encode_item(self.item)",
        "return found is not None",
        "tests/service/aws/test_lost_response.py::test_a_put_that_someone_else_has_made_is_not_claimed",
    ),
    mutant(
        "a report has nothing of another request",
        f"{_L}telemetry/errors.py",
        "            if _state.sdk and sdk is None:",
        "            if False:",
        "tests/service/telemetry/test_on_demand.py::"
        "test_nothing_of_the_first_reported_request_is_in_a_report_outside_any",
    ),
    mutant(
        "two requests share no trace id",
        f"{_L}telemetry/errors.py",
        "    scope.set_new_propagation_context()",
        "    pass",
        "tests/service/telemetry/test_trace_ids.py",
    ),
    mutant(
        "what was remembered of a token cannot be changed",
        f"{_L}identity/verification.py",
        "return MappingProxyType(payload)",
        "return payload",
        "tests/unit/identity/test_remembered_tokens.py::test_what_is_remembered_cannot_be_changed",
    ),
)
