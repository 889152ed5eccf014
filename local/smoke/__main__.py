"""Try a running system out from outside: ``python -m local.smoke https://api.example``.

It reads what everybody may read and changes nothing. With SMOKE_EMAIL and SMOKE_PASSWORD, a buyer's, in the
environment it also books: see ``account``. It ends with 0 if all is as it must be, with 1 if not.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from greenroom.smoke.asking import Call, Unexpected
from greenroom.smoke.journeys import JOURNEYS

from .account import Account, check_account
from .web import Site


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Ask, print a line for each part, and return the exit status."""
    try:
        (base_url,) = arguments
        site = Site(base_url)
    except ValueError:
        sys.stderr.write("usage: python -m local.smoke https://api.example\n")
        return 2
    checks: dict[str, Callable[[Call], None]] = dict(JOURNEYS)
    email, password = environment.get("SMOKE_EMAIL"), environment.get("SMOKE_PASSWORD")
    if email and password:
        account = Account(email, password)
        checks["a booking"] = lambda call: check_account(call, account)
    outcomes = [_tell(name, check, site.ask) for name, check in checks.items()]
    return 0 if all(outcomes) else 1


def _tell(name: str, check: Callable[[Call], None], call: Call) -> bool:
    try:
        check(call)
    except Unexpected as wrong:
        sys.stdout.write(f"FAILED  {name}: {wrong}\n")
        return False
    sys.stdout.write(f"ok      {name}\n")
    return True


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], os.environ))
