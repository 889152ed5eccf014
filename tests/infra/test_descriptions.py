"""The services' descriptions as functions load them are short, and say the same as the whole ones."""

import json
import shutil
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.loaders import Loader

from stacks.dependencies import SERVICES, shorten_descriptions

WHOLE = Path(botocore.__file__).parent / "data"
REGIONS = ("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1")


@pytest.fixture(scope="module")
def shortened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("described")
    for service in SERVICES:
        shutil.copytree(WHOLE / service, folder / service)
    for path in WHOLE.glob("*.json"):
        shutil.copy(path, folder)
    shorten_descriptions(folder)
    return folder


def _client(folder: Path, service: str, region: str) -> Any:
    session = botocore.session.Session()
    loader = Loader(extra_search_paths=[str(folder)], include_default_search_paths=False)
    session.register_component("data_loader", loader)
    return session.create_client(
        service, region_name=region, aws_access_key_id="a", aws_secret_access_key="b"
    )


def _fields(client: Any) -> dict[str, list[str]]:
    model = client.meta.service_model
    return {
        name: sorted(getattr(model.operation_model(name).input_shape, "members", ()))
        for name in model.operation_names
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_shortened_description_has_the_same_operations_with_the_same_fields(
    shortened: Path, service: str
) -> None:
    short, whole = (_client(folder, service, REGIONS[0]) for folder in (shortened, WHOLE))

    assert _fields(short) == _fields(whole)


@pytest.mark.parametrize("region", REGIONS)
def test_every_service_is_found_where_it_was(shortened: Path, region: str) -> None:
    places = [
        {service: _client(folder, service, region).meta.endpoint_url for service in SERVICES}
        for folder in (shortened, WHOLE)
    ]

    assert places[0] == places[1]


def test_what_a_cold_start_parses_is_small(shortened: Path) -> None:
    endpoints = shortened / "endpoints.json"
    model = shortened / "dynamodb" / "2012-08-10" / "service-2.json"
    print(f"endpoints {endpoints.stat().st_size} bytes, dynamodb {model.stat().st_size} bytes")

    assert endpoints.stat().st_size < (WHOLE / "endpoints.json").stat().st_size * 0.2
    assert '"documentation":"' not in model.read_text()
    assert json.loads(model.read_text())["metadata"]["endpointPrefix"] == "dynamodb"
