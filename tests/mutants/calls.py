"""What holds for our own calls of AWS, and for what is remembered of those who call us."""

from tests.mutants.mutant import mutant

_L = "layers/greenroom/"

CALLS = (
    mutant(
        "who answers for AWS is verified",
        f"{_L}aws/environment.py",
        "ssl.create_default_context(cafile=trusted)",
        "ssl._create_unverified_context(cafile=trusted)",
        "tests/service/aws/test_tls.py::test_an_unknown_certificate_is_no_connection_and_a_known_one_is",
    ),
    mutant(
        "and by the name that was called",
        f"{_L}aws/connections.py",
        "server_hostname=self._address[0])",
        'server_hostname="127.0.0.1")',
        "tests/service/aws/test_tls.py::test_a_certificate_of_another_name_is_no_connection",
    ),
    mutant(
        "an answer is that of its own call",
        f"{_L}aws/connections.py",
        "if response.status < _FINAL:",
        "if response.status < 100:",
        "tests/service/aws/test_connections.py::"
        "test_what_precedes_an_answer_is_none_and_what_follows_is_no_other_calls",
    ),
    mutant(
        "no value of a header makes another",
        f"{_L}aws/connections.py",
        'if not told.count("\\r") == told.count("\\n") == len(headers):',
        "if not told:",
        "tests/service/aws/test_connections.py::test_no_value_of_a_header_makes_another",
    ),
    mutant(
        "a transaction that is tried again is the same one",
        f"{_L}aws/client.py",
        "            parameters.setdefault(token, str(uuid4()))\n",
        "            pass\n",
        "tests/unit/aws/test_client.py::test_a_transaction_has_a_token_of_its_own_however_often_it_is_tried",
    ),
    mutant(
        "what was remembered of a token cannot be changed",
        f"{_L}identity/verification.py",
        "return MappingProxyType(payload)",
        "return payload",
        "tests/unit/identity/test_remembered_tokens.py::test_what_is_remembered_cannot_be_changed",
    ),
)
