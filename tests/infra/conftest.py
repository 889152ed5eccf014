"""The whole app, synthesised once a run."""

from pathlib import Path

import pytest

from stacks.node import use_locked_node
from tests.infra.once import made_once
from tests.infra.templates import Assembly

PERSONAL = "alice"


@pytest.fixture(scope="session", autouse=True)
def _node() -> None:
    use_locked_node()


def _synthesise(outdir: Path) -> None:
    from stacks.assembly import assemble
    from stacks.validations import synthesise

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GREENROOM_STAGE", raising=False)
        synthesise(assemble(outdir=outdir, context={"stage": PERSONAL, "dependencies": "omit"}))


SITE = {
    "mail_domain": "booking.test",
    "origins": ["https://booking.test"],
    "domain": "api.booking.test",
    "certificate_arn": "arn:aws:acm:eu-west-1:111122223333:certificate/11111111-2222-3333-4444-555555555555",
    "cdn_domain": "media.booking.test",
    "cdn_certificate_arn": (
        "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-666666666666"
    ),
    "lock_backups": True,
    "partners": ["acme", "tickets-4u"],
    "cache_for_partners": True,
}
"""What the operator of a stage says who has everything of his own."""


def _synthesise_chosen(outdir: Path) -> None:
    from stacks.assembly import assemble
    from stacks.validations import synthesise

    synthesise(assemble(outdir=outdir, context={"dependencies": "omit", "sites": {"prod": SITE}}))


RESTORED_SITE = {
    "restored_tables": ["bookings=bookings-again"],
    "restored_stream": "2026-11-26T14:00:00.000",
}
"""What the operator of a stage says whose table of bookings was lost."""


def _synthesise_restored(outdir: Path) -> None:
    from stacks.assembly import assemble
    from stacks.validations import synthesise

    synthesise(assemble(outdir=outdir, context={"dependencies": "omit", "sites": {"prod": RESTORED_SITE}}))


@pytest.fixture(scope="session")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Return all stages, production with a restored table of bookings."""
    return Assembly(made_once(tmp_path_factory, "restored", _synthesise_restored))


@pytest.fixture(scope="session")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Return all stages, production with the settings of ``SITE``."""
    return Assembly(made_once(tmp_path_factory, "chosen", _synthesise_chosen))


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Return every stage and a personal one, as synthesised with the layer of dependencies left empty."""
    return Assembly(made_once(tmp_path_factory, "assembly", _synthesise))
