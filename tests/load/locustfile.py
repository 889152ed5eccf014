"""The scenarios as locust's users. Runs in locust's own interpreter, which gevent has patched.

``python -m tests.load`` starts it, one scenario at a time, and says by the environment: ``LOAD_SAMPLES``, the
file for what is measured; ``LOAD_SALE``, the file for how a rush ended; ``LOAD_SLOTS``, how many slots that
is for; ``LOAD_ADDRESSES=many`` to let visitors have addresses of their own; ``LOAD_ACCOUNTS``, a JSON file of
accounts to use in place of new ones; ``LOAD_AGENTS``, such a file of agents, used in turn.
"""

import contextlib
import itertools
import json
import os
import time
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from gevent.event import Event
from locust import HttpUser, between, constant, events, task
from requests.adapters import HTTPAdapter

from tests.load import steps
from tests.load.addresses import loopback_addresses
from tests.load.sale import write_sale
from tests.load.samples import Sample, write_samples
from tests.load.steps import Answer, Unexpected, Visitor

_ADDRESSES = loopback_addresses() if os.environ.get("LOAD_ADDRESSES") == "many" else None


def _accounts(variable: str) -> Iterator[dict[str, str]] | None:
    file = os.environ.get(variable)
    return itertools.cycle(json.loads(Path(file).read_text("utf-8"))) if file else None


_ACCOUNTS, _AGENTS = _accounts("LOAD_ACCOUNTS"), _accounts("LOAD_AGENTS")
_VISITS_A_SESSION = 6
"""Then a session has made about forty requests; after fifty they would be spaced."""
_samples: list[Sample] = []


@events.request.add_listener
def _measured(name: str, response_time: float, exception: BaseException | None, **_: Any) -> None:
    error = f"{type(exception).__name__}: {exception}" if exception else ""
    _samples.append(Sample(time.time(), name, response_time, error))


@events.quit.add_listener
def _ended(**_: Any) -> None:
    write_samples(Path(os.environ["LOAD_SAMPLES"]), _samples)
    if Rush.wanted:
        write_sale(Path(os.environ["LOAD_SALE"]), Rush.wanted, Rush.won)


class _From(HTTPAdapter):
    """Connects from one address."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, source_address=(self._address, 0))


class _Somebody(HttpUser):
    """Asks by locust's client, which measures."""

    abstract = True

    def on_start(self) -> None:
        self.client.trust_env = False
        self.move()
        self.visitor = Visitor(self.ask)

    def move(self) -> None:
        """Come from another address from now on, where there are several."""
        if _ADDRESSES:
            self.client.mount("http://", _From(next(_ADDRESSES)))

    def sign_in(self) -> None:
        """Use an account that is given, or make one."""
        if _ACCOUNTS:
            self.visitor.account = next(_ACCOUNTS)
            self.visitor.log_in()
        else:
            self.visitor.sign_up()

    def ask(
        self,
        method: str,
        path: str,
        *,
        name: str,
        body: Any = None,
        headers: Mapping[str, str],
        expected: Container[int],
    ) -> Answer:
        """Send a request; see ``steps.Ask``."""
        with self.client.request(
            method, path, name=name, json=body, headers=headers, catch_response=True
        ) as answer:
            if answer.status_code not in expected:
                answer.failure(f"{answer.status_code} {answer.text[:200]}")
                raise Unexpected(name)
            answer.success()
            return Answer(answer.status_code, json.loads(answer.content) if answer.content else None)


class _Returning(_Somebody):
    """Comes again and again, and thinks a while in between."""

    abstract = True
    wait_time = between(0.5, 1.5)
    signed_in: ClassVar[bool] = True
    scenario: ClassVar[str]

    def on_start(self) -> None:
        super().on_start()
        self.visits = itertools.count()
        if self.signed_in:
            self.sign_in()

    @task
    def visit(self) -> None:
        """Go through the scenario once, in a session and from an address that are not used up."""
        if next(self.visits) % _VISITS_A_SESSION == _VISITS_A_SESSION - 1:
            self.renew()
        try:
            steps.SCENARIOS[self.scenario](self.visitor)
        except Unexpected:
            return  # it is counted

    def renew(self) -> None:
        """Go on in another session and from another address."""
        self.move()
        if self.signed_in:
            self.visitor.log_in()


class Browse(_Returning):
    """Looks around."""

    signed_in = False
    scenario = "browse"


class Book(_Returning):
    """Books."""

    scenario = "book"


class Negotiate(_Returning):
    """Asks for offers, and plays the agent who makes them."""

    scenario = "negotiate"

    def on_start(self) -> None:
        super().on_start()
        if _AGENTS:
            self.visitor.agent = Visitor(self.ask, account=next(_AGENTS))
            self.visitor.agent.log_in()

    def renew(self) -> None:
        super().renew()
        if self.visitor.agent:
            self.visitor.agent.log_out()
            self.visitor.agent.log_in()


class Rush(_Somebody):
    """Waits with everybody else for a sale to open, and tries for the same few slots."""

    wait_time = constant(1)
    open = Event()
    offering: ClassVar[dict[str, Any]]
    wanted: ClassVar[list[str]] = []
    won: ClassVar[list[dict[str, Any]]] = []
    ready = itertools.count(1)
    done = itertools.count(1)

    def on_start(self) -> None:
        super().on_start()
        self.sign_in()
        if not Rush.wanted:
            Rush.offering, Rush.wanted = steps.on_sale(self.visitor, int(os.environ["LOAD_SLOTS"]))
        if next(self.ready) == self.environment.runner.target_user_count:
            _samples.clear()
            self.open.set()

    @task
    def buy(self) -> None:
        """Try once."""
        self.open.wait()
        with contextlib.suppress(Unexpected):  # it is counted
            booking = steps.rush(self.visitor, self.offering, self.wanted)
            self.won.extend([booking] if booking else [])
        if next(self.done) == self.environment.runner.target_user_count:
            self.environment.runner.quit()
        self.stop()
