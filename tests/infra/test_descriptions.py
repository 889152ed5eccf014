"""The services' descriptions as functions load them are short, and say the same as the whole ones."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import certifi
import pytest
from botocore.loaders import Loader
from cryptography import x509

from stacks.bundling import AMAZON_ROOTS, SERVICES, InstallFailed, gather_roots, shorten_descriptions

WHOLE = Path(botocore.__file__).parent / "data"
REGIONS = ("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1")


@pytest.fixture(scope="module")
def shortened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("described")
    for service in SERVICES:
        shutil.copytree(WHOLE / service, folder / service)
    for path in WHOLE.glob("*.json"):
        shutil.copy(path, folder)
    # An installer links what it has in its cache, and what is written into one link is in all of them.
    linked = folder.with_name(f"{folder.name}.linked")
    shutil.copytree(folder, linked, copy_function=os.link)
    shorten_descriptions(linked)
    return linked


def test_what_other_environments_share_with_the_layer_is_left_as_it_was(shortened: Path) -> None:
    unlinked = shortened.with_name(shortened.name.removesuffix(".linked"))

    for path in unlinked.rglob("*.json*"):
        assert path.read_bytes() == (WHOLE / path.relative_to(unlinked)).read_bytes(), path.name


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
    assert not re.search('"documentation":"[^"]', model.read_text())
    assert json.loads(model.read_text())["metadata"]["endpointPrefix"] == "dynamodb"


# One of the five has the number nought.
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_the_authorities_are_amazons_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "certifi").mkdir()
    (tmp_path / "botocore").mkdir()
    shutil.copy(certifi.where(), tmp_path / "certifi" / "cacert.pem")

    gather_roots(tmp_path)

    roots = x509.load_pem_x509_certificates((tmp_path / "botocore" / "amazon-roots.pem").read_bytes())
    names = [root.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value for root in roots]
    assert names == list(AMAZON_ROOTS)


def test_a_bundle_without_one_of_the_authorities_is_refused(tmp_path: Path) -> None:
    (tmp_path / "certifi").mkdir()
    known = Path(certifi.where()).read_text("utf-8")
    (tmp_path / "certifi" / "cacert.pem").write_text(known.replace("Amazon Root CA 3", "Another"), "utf-8")

    with pytest.raises(InstallFailed, match="Amazon Root CA 3"):
        gather_roots(tmp_path)
