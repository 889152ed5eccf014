"""A stage deployed into an emulator of its own: bootstrapped, made, supplied, served; then taken away."""

import contextlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from greenroom.aws.client import DYNAMODB
from greenroom.storage.tables import Tables
from local import demo
from local.deploy.clients import client
from local.deploy.front import Front
from local.deploy.remains import remains
from local.deploy.stacks import Stacks
from local.emulator import Emulator
from local.failures import CannotRun
from local.ports import LOOPBACK, port_of, reserve
from local.provider.service import Provider
from local.provider.webhooks import Webhooks, post_to
from local.resources import ACCESS_KEY, own_client, payment_keys, sender
from local.serving import Serving
from local.tables import TABLES

# The emulator then signs in whoever calls, and asks the policies of roles. Ours is the root's key.
_ENFORCED = {"AUTH": "true", "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": ACCESS_KEY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a deployment is told."""

    synthesised: Path
    """The folder that ``python app.py`` wrote."""
    folder: Path
    """Where the emulator and the provider keep what they need. It begins empty."""
    emulator: Path
    stage: str = "dev"
    port: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    """More settings of every function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A stage that answers."""

    base_url: str
    emulator_url: str
    stacks: Stacks
    demo_file: Path


@contextlib.contextmanager
def deployed(options: Options) -> Iterator[Deployment]:
    """Deploy the stage, yield it, and take it away. Raises ``CannotRun``, also where something is left."""
    with contextlib.ExitStack() as stack:
        emulator = Emulator(options.emulator, options.folder / "emulator", persist=False, settings=_ENFORCED)
        stack.callback(emulator.stop)
        emulator.start()
        before = remains(emulator.url)
        fronted, paid = reserve(options.port), reserve(0)
        stack.callback(fronted.close)
        stack.callback(paid.close)
        base_url, provider_url = (f"http://{LOOPBACK}:{port_of(bound)}" for bound in (fronted, paid))
        keys = payment_keys()
        webhooks = Webhooks(keys["webhook_secret"], post_to(f"{base_url}/v1/webhooks/stripe"))
        provider = Provider(options.folder / "provider.json", keys["api_key"], webhooks)
        stacks = Stacks(emulator.url, options.stage)
        stacks.bootstrap()
        here = {"PUBLIC_URL": base_url, "PAYMENT_API_URL": provider_url, "CDN_URL": f"{base_url}/local/cdn"}
        stacks.create(options.synthesised, {**here, **options.settings})
        mail_domain = stacks.setting("auth", "MAIL_FROM").rpartition("@")[2]
        sender(emulator.url, mail_domain)
        supplied = _supply(stacks, keys, options.folder / "demo.json", base_url)
        api = stacks.resource("api", "AWS::ApiGateway::RestApi", "Gateway")
        api_url = f"{emulator.url}/_aws/execute-api/{api}/{options.stage}"
        for app, bound, name in (
            (provider, paid, "provider"),
            (Front(emulator.url, api_url, _cdn_domain(stacks), provider), fronted, "front"),
        ):
            serving = Serving(app, bound, name)
            stack.callback(serving.stop)
            serving.start()
        yield Deployment(base_url=base_url, emulator_url=emulator.url, stacks=stacks, demo_file=supplied)
        stacks.destroy()
        client("sesv2", emulator.url).delete_email_identity(EmailIdentity=mail_domain)
        if left := remains(emulator.url) - before:
            raise CannotRun(f"This is left of the stage: {', '.join(sorted(left))}")


def _cdn_domain(stacks: Stacks) -> str:
    distribution = stacks.resource("data", "AWS::CloudFront::Distribution", "Cdn")
    found = client("cloudfront", stacks.emulator_url).get_distribution(Id=distribution)
    return str(found["Distribution"]["DomainName"])


def _supply(stacks: Stacks, keys: Mapping[str, str], demo_file: Path, base_url: str) -> Path:
    """Do what a stage's operator does after the first deployment: the provider's keys, people, a roster."""
    # The emulator makes secrets with punctuation, asked for or not, and this one is letters and digits.
    token = secrets.token_hex(32)
    for name, value in (("PaymentSecret", json.dumps(keys)), ("MonitoringSecret", token)):
        client("secretsmanager", stacks.emulator_url).put_secret_value(
            SecretId=stacks.resource("data", "AWS::SecretsManager::Secret", name), SecretString=value
        )
    names = {
        table.setting: stacks.resource("data", "AWS::DynamoDB::Table", f"Tables{table.name.capitalize()}")
        for table in TABLES
    }
    demo.seed(
        demo_file, base_url, token, tables=Tables(own_client(DYNAMODB, stacks.emulator_url)), names=names
    )
    return demo_file
