"""How often one address may call, in the firewall's own coarse terms.

WAF counts approximately and looks some ten seconds back, so these rates take floods and no more: each
lets through more than the exact quota of the same name, whose answers say what is left and when to return.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from stacks.openapi import InvalidDocument, Operation

Window = Literal[60, 120, 300, 600]
"""Seconds: the only spans that WAF counts over."""

FEWEST = 10
"""The smallest rate that WAF takes."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``requests`` of one address in any ``seconds``; one more and the address is refused."""

    requests: int
    seconds: Window

    def __post_init__(self) -> None:
        if self.requests < FEWEST or self.seconds not in get_args(Window):
            raise ValueError(f"WAF counts {FEWEST} or more in {get_args(Window)} seconds, not {self}")


RATES: Mapping[str, Rate] = MappingProxyType(
    {
        "authentication": Rate(20, 600),
        "password_reset": Rate(10, 600),
        # By address, while the exact quota is by user: several people upload from one office.
        "uploads": Rate(100, 600),
    }
)
"""The rates of the limits that have one of their own, by the name in the OpenAPI document."""

FLOODS_ONLY = frozenset({"general", "none"})
"""The limits whose routes are held by the rate of everything alone."""


def grouped(operations: Sequence[Operation]) -> Iterator[tuple[str, Rate, tuple[Operation, ...]]]:
    """Yield each limit that has a rate with its operations; limits that no operation has are left out.

    Raises ``InvalidDocument`` for a limit that is neither in ``RATES`` nor in ``FLOODS_ONLY``: whoever
    adds one decides here what the firewall makes of it.
    """
    for operation in operations:
        if operation.limit not in RATES and operation.limit not in FLOODS_ONLY:
            raise InvalidDocument(
                f"{operation.method} {operation.path}: stacks/waf/rates.py has no rate for the limit "
                f"{operation.limit!r}"
            )
    for limit, rate in RATES.items():
        if found := tuple(operation for operation in operations if operation.limit == limit):
            yield limit, rate, found
