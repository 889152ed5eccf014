"""The emulator as the local system runs it."""

import threading
from pathlib import Path

import pytest

from local.emulator import Emulator
from local.failures import CannotRun
from local.resources import client, make_resources
from tests.support.emulator import EXECUTABLE, RunningEmulator


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    first = Emulator(EXECUTABLE, tmp_path, persist=True)
    first.start()
    made, keys = make_resources(first.url)
    item = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    client("dynamodb", first.url).put_item(TableName=made.tables["catalog"], Item=item)
    assert first.stop()

    second = Emulator(EXECUTABLE, tmp_path, persist=True)
    second.start()
    found, same_keys = make_resources(second.url)
    kept = client("dynamodb", second.url).get_item(TableName=made.tables["catalog"], Key=item)["Item"]
    second.stop()

    assert kept == item
    assert (found.signing_key_id, found.tables, same_keys) == (made.signing_key_id, made.tables, keys)


def test_making_resources_again_changes_nothing(emulator: RunningEmulator) -> None:
    assert make_resources(emulator.url) == make_resources(emulator.url)


def test_tables_are_made_as_they_are_described(emulator: RunningEmulator) -> None:
    names = emulator.fresh_tables().names
    dynamodb = client("dynamodb", emulator.url)

    bookings = dynamodb.describe_table(TableName=names["bookings"])["Table"]
    expiring = {
        name
        for name, real in names.items()
        if dynamodb.describe_time_to_live(TableName=real)["TimeToLiveDescription"]["TimeToLiveStatus"]
        == "ENABLED"
    }

    assert expiring == {"identity", "bookings", "limits"}
    assert bookings["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            index["Projection"]["ProjectionType"],
        )
        for index in bookings["GlobalSecondaryIndexes"]
    } == {
        "by_buyer": (["buyer_id", "starts_at"], "ALL"),
        "by_agent": (["agent_id", "starts_at"], "ALL"),
        "by_due": (["due_shard", "due_at"], "KEYS_ONLY"),
    }


def test_each_test_has_tables_of_its_own(emulator: RunningEmulator) -> None:
    first, second = emulator.fresh_tables(), emulator.fresh_tables()

    assert not set(first.names.values()) & set(second.names.values())
    assert first.stream_arn != second.stream_arn


def test_a_key_signs_what_its_public_key_verifies(emulator: RunningEmulator) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    resources, _ = make_resources(emulator.url)
    kms = client("kms", emulator.url)
    signed = kms.sign(
        KeyId=resources.signing_key_id, Message=b"text", MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
    )

    public = load_der_public_key(kms.get_public_key(KeyId=resources.signing_key_id)["PublicKey"])

    assert isinstance(public, EllipticCurvePublicKey)
    public.verify(signed["Signature"], b"text", ECDSA(SHA256()))


def test_an_emulator_that_dies_is_noticed_and_one_that_is_stopped_is_not(tmp_path: Path) -> None:
    seen: list[int] = []
    noticed = threading.Event()

    def died(status: int) -> None:
        seen.append(status)
        noticed.set()

    stopped, killed = (Emulator(EXECUTABLE, tmp_path / name, persist=False) for name in "ab")
    for emulator in (stopped, killed):
        emulator.start()
        emulator.watch(died)
    stopped.stop()
    assert killed._process is not None
    killed._process.kill()

    assert noticed.wait(10)
    assert seen == [-9]
    killed.stop()


def test_an_executable_that_is_not_there_cannot_run(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="make install"):
        Emulator(tmp_path / "nothing", tmp_path, persist=False).start()


def test_an_executable_that_ends_at_once_cannot_run(tmp_path: Path) -> None:
    false = tmp_path / "false"
    false.write_text("#!/bin/sh\nexit 3\n")
    false.chmod(0o755)

    with pytest.raises(CannotRun, match=r"did not start.*emulator\.log"):
        Emulator(false, tmp_path, persist=False).start()
