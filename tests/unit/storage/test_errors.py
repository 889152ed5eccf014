"""What the service says goes wrong becomes one of three things: lost, contended, unavailable; or a fault."""

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ReadTimeoutError,
)

from greenroom.refusals import Unavailable
from greenroom.storage.keys import Key
from greenroom.storage.tables import ConditionFailed, Contended
from greenroom.storage.writes import EXISTS, NEW, Check, Delete, Put, Update
from tests.unit.storage.stub import StubClient, client_error

KEY = Key("a", "b")
PUT = Put("t", KEY._asdict(), when=NEW)
FAILED, NONE, CONFLICT = "ConditionalCheckFailed", "None", "TransactionConflict"


def cancelled(*reasons: str) -> ClientError:
    return client_error("TransactionCanceledException", reasons=reasons)


@pytest.mark.parametrize(
    "error",
    [
        client_error("ProvisionedThroughputExceededException"),
        client_error("RequestLimitExceeded"),
        client_error("ThrottlingException"),
        client_error("InternalServerError", status=500),
        client_error("ServiceUnavailable", status=503),
        client_error("InternalFailure", status=500),
        client_error("502", status=502),
        client_error("429", status=429),
        client_error("ReplicatedWriteConflictException"),
        cancelled(NONE, "ThrottlingError"),
        cancelled("ProvisionedThroughputExceeded", NONE),
        EndpointConnectionError(endpoint_url="https://service.test"),
        ReadTimeoutError(endpoint_url="https://service.test"),
        HTTPClientError(error="the connection broke"),
        CredentialRetrievalError(provider="awscrt", error_msg="no credentials for now"),
    ],
)
def test_a_store_that_is_busy_or_away_is_unavailable_and_says_when_to_come_again(error: Exception) -> None:
    with pytest.raises(Unavailable) as refused:
        StubClient(error).tables.write(PUT, PUT)

    assert refused.value.retry_after == 1
    assert refused.value.__cause__ is error
    assert not isinstance(refused.value, Contended)


@pytest.mark.parametrize(
    "error",
    [
        cancelled(CONFLICT, NONE),
        cancelled(NONE, CONFLICT, "ThrottlingError"),
        client_error("TransactionConflictException"),
        client_error("TransactionInProgressException"),
    ],
)
def test_another_transaction_on_the_same_items_is_contention(error: ClientError) -> None:
    with pytest.raises(Contended):
        StubClient(error).tables.write(PUT, PUT)


@pytest.mark.parametrize(
    ("reasons", "indexes"),
    [
        ((FAILED, NONE), {0}),
        ((NONE, FAILED, FAILED), {1, 2}),
        ((CONFLICT, FAILED), {1}),
        ((FAILED, "ThrottlingError"), {0}),
    ],
)
def test_a_failed_condition_names_its_writes_whatever_else_happened(
    reasons: tuple[str, ...], indexes: set[int]
) -> None:
    with pytest.raises(ConditionFailed) as failed:
        StubClient(cancelled(*reasons)).tables.write(PUT, PUT, PUT)

    assert failed.value.indexes == indexes


def test_a_failed_condition_of_a_single_write_is_that_of_the_first() -> None:
    with pytest.raises(ConditionFailed) as failed:
        StubClient(client_error("ConditionalCheckFailedException")).tables.write(PUT)

    assert failed.value.indexes == {0}


@pytest.mark.parametrize(
    "error",
    [
        client_error("ValidationException"),
        client_error("AccessDeniedException"),
        client_error("ResourceNotFoundException"),
        cancelled("ValidationError"),
        cancelled("ItemCollectionSizeLimitExceeded"),
        client_error("TransactionCanceledException"),
        TypeError("a parameter that JSON cannot hold"),
        NoCredentialsError(),
    ],
)
def test_what_is_our_own_fault_stays_a_fault(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        StubClient(error).tables.write(PUT, PUT)

    assert raised.value is error


@pytest.mark.parametrize(
    "call",
    [
        lambda tables: tables.get("t", KEY),
        lambda tables: tables.batch_get({"t": [KEY]}),
        lambda tables: tables.query("t", partition=("pk", "a")),
        lambda tables: list(tables.query_all("t", partition=("pk", "a"))),
        lambda tables: tables.write(PUT),
        lambda tables: tables.write(Update("t", KEY, assign={"a": 1})),
        lambda tables: tables.write(Delete("t", KEY)),
        lambda tables: tables.write(PUT, Check("t", KEY, when=EXISTS)),
    ],
)
def test_every_call_translates(call: Any) -> None:
    with pytest.raises(Unavailable):
        call(StubClient(client_error("ThrottlingException")).tables)


@pytest.mark.parametrize(
    ("writes", "operation"),
    [
        ([PUT], "put_item"),
        ([Update("t", KEY, assign={"a": 1})], "update_item"),
        ([Delete("t", KEY)], "delete_item"),
        ([Check("t", KEY, when=EXISTS)], "transact_write_items"),
        ([PUT, Delete("t", Key("c", "d"))], "transact_write_items"),
    ],
)
def test_a_single_write_goes_alone_at_half_a_transactions_price(writes: list[Any], operation: str) -> None:
    stub = StubClient({})

    stub.tables.write(*writes)

    ((called, parameters),) = stub.calls
    assert called == operation
    if operation == "transact_write_items":
        assert [list(item) for item in parameters["TransactItems"]] == [[write.verb] for write in writes]
    else:
        # The item found is asked for where there is a condition: it may be this very write's.
        asked = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if writes[0].when else {}
        assert parameters == {**writes[0].request(), **asked}


@pytest.mark.parametrize("code", ["TransactionInProgressException", "TransactionConflictException"])
def test_contention_after_a_lost_response_is_reported_as_unknown(code: str) -> None:
    """The first attempt may have written, or may still run: deciding again would find its own effect."""
    error = client_error(code)
    metadata: dict[str, Any] = {"HTTPStatusCode": 400, "MayHaveRun": True}
    error.response["ResponseMetadata"] = metadata  # type: ignore[typeddict-item]

    with pytest.raises(Unavailable) as raised:
        StubClient(error).tables.write(PUT, Delete("t", Key("c", "d")))

    assert not isinstance(raised.value, Contended)
