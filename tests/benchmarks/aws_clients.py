"""What a client of DynamoDB costs: the adapter on awscrt, and boto3 with and without trimmed service models.

``python -m tests.benchmarks.aws_clients [--rounds N]`` prints medians in milliseconds of processor. Each
sample is a fresh process that calls the emulator over TLS. All kinds run side by side, in an order drawn for
each round.
"""

import argparse
import gzip
import json
import os
import random
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import botocore

from local.emulator import REGION, Emulator
from local.resources import make_tables
from tests.benchmarks.tls import running_relay
from tests.support.emulator import EXECUTABLE

_CALLS = 100
_AWSCRT = """
from greenroom.aws.client import DYNAMODB, Client, Timeouts
from greenroom.aws.runtime import Endpoint, Runtime
def make():
    endpoint = Endpoint(os.environ["AWS_ENDPOINT_URL"], "dynamodb", os.environ["AWS_REGION"], Runtime())
    return Client(DYNAMODB, endpoint, Timeouts(connect=5, read=5, attempts=3))
"""
_BOTO3 = """
import boto3.session, botocore.session
from botocore.loaders import Loader
def make():
    core = botocore.session.Session()
    if data := os.environ.get("TRIMMED"):
        core.register_component("data_loader", Loader([data], include_default_search_paths=False))
    session = boto3.session.Session(botocore_session=core, region_name=os.environ["AWS_REGION"])
    return session.client("dynamodb")
"""
_MEASURE = f"""
client = make()
def call():
    key = {{"pk": {{"S": "a"}}, "sk": {{"S": "b"}}}}
    client.get_item(TableName=os.environ["TABLE"], Key=key, ConsistentRead=True)
made = time.process_time()
call()
first = time.process_time()
for _ in range({_CALLS}):
    call()
warm = (time.process_time() - first) / {_CALLS}
print(json.dumps([1000 * (made - began), 1000 * (first - began), 1000 * warm]))
"""
_BEGIN = "import json, os, time, ssl, typing, logging, http.client\nbegan = time.process_time()\n"
KINDS = {"awscrt": _AWSCRT, "boto3, trimmed models": _BOTO3, "boto3": _BOTO3}


def _trim(folder: Path) -> Path:
    """Copy botocore's data of DynamoDB alone, without its texts."""
    data = Path(botocore.__file__).parent / "data"
    for path in (*data.glob("*.json"), *data.glob("dynamodb/2012-08-10/*")):
        target = folder / path.relative_to(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for path in folder.rglob("service-2.json.gz"):
        model = json.loads(gzip.decompress(path.read_bytes()), object_hook=_without_text)
        path.with_suffix("").write_text(json.dumps(model))
        path.unlink()
    return folder


def _without_text(described: dict[str, object]) -> dict[str, object]:
    return {
        name: "" if name == "documentation" and isinstance(value, str) else value
        for name, value in described.items()
    }


def _sample(make: str, environment: dict[str, str]) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", _BEGIN + make + _MEASURE], env=environment, stdout=subprocess.PIPE, check=True
    )
    times: list[float] = json.loads(done.stdout)
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="processes of each kind")
    rounds: int = parser.parse_args().rounds
    found: defaultdict[str, list[list[float]]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        emulator = Emulator(EXECUTABLE, Path(folder) / "emulator", persist=False)
        emulator.start()
        try:
            names, _ = make_tables(emulator.url, "bench-")
            trimmed = _trim(Path(folder) / "data")
            with running_relay(emulator.url, Path(folder)) as relay:
                environment = {
                    **os.environ,
                    "AWS_ENDPOINT_URL": relay.url,
                    "AWS_CA_BUNDLE": str(relay.authority),
                    "AWS_REGION": REGION,
                    "AWS_ACCESS_KEY_ID": "local",
                    "AWS_SECRET_ACCESS_KEY": "local",
                    "TABLE": names["bookings"],
                }
                for _ in range(rounds):
                    for kind in random.sample(list(KINDS), len(KINDS)):
                        extra = {"TRIMMED": str(trimmed)} if "trimmed" in kind else {}
                        found[kind].append(_sample(KINDS[kind], {**environment, **extra}))
        finally:
            emulator.stop()
    print("| client | load and make | and first call | warm call |\n| --- | --- | --- | --- |")
    for kind in KINDS:
        made, first, warm = (median(column) for column in zip(*found[kind], strict=True))
        print(f"| {kind} | {made:.0f} | {first:.0f} | {warm:.2f} |")


if __name__ == "__main__":
    main()
