"""Sandboxes that are restored from one snapshot: each goes on by itself."""

import importlib
import random
import sys

import pytest
import snapshot_restore_py
from awslambdaric.lambda_runtime_hooks_runner import run_after_restore

from greenroom.telemetry import extension, init, lifecycle


@pytest.fixture(autouse=True)
def _under_the_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
    monkeypatch.setattr(snapshot_restore_py, "_after_restore_registry", [])
    monkeypatch.setattr(extension, "register", lambda _: None)
    monkeypatch.setattr(init, "end_on_sigterm", lambda: None)


def test_sandboxes_of_one_snapshot_do_not_draw_the_same_numbers() -> None:
    init.begin()
    snapshot = random.getstate()

    drawn = []
    for _ in range(3):
        random.setstate(snapshot)
        run_after_restore()
        drawn.append(random.random())  # noqa: S311 - what is drawn is compared, not kept

    assert len(set(drawn)) == 3


def test_where_the_runtime_has_no_hooks_a_function_starts_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setitem(sys.modules, "snapshot_restore_py", None)
        importlib.reload(lifecycle)
        assert vars(lifecycle)["snapshot_restore_py"] is None
        init.begin()
        lifecycle.before_snapshot(lambda: None)
        lifecycle.after_restore(lambda: None)
    importlib.reload(lifecycle)
