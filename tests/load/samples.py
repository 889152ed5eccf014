"""What a run measured: a line of JSON for each request, and what they come to."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.load.steps import SET_UP


@dataclass(frozen=True, slots=True)
class Sample:
    """One request: when it was answered, in seconds of the epoch; how long it took; why it failed, if so."""

    at: float
    name: str
    milliseconds: float
    error: str = ""


def write_samples(path: Path, samples: Iterable[Sample]) -> None:
    """Write samples, a line each."""
    path.write_text("".join(f"{json.dumps(asdict(sample))}\n" for sample in samples), "utf-8")


def read_samples(path: Path) -> list[Sample]:
    """Read the samples of a scenario, those of its set-up left out."""
    lines = path.read_text("utf-8").splitlines()
    samples = [Sample(**json.loads(line)) for line in lines]
    return [sample for sample in samples if not sample.name.startswith(SET_UP)]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the least value that at least ``share`` of them do not exceed; NaN for none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set of samples comes to; times in milliseconds."""

    requests: int
    errors: int
    per_second: float
    p50: float
    p95: float
    slowest: float

    @property
    def error_share(self) -> float:
        """Return the share of requests that failed; of none, all."""
        return self.errors / self.requests if self.requests else 1.0


def figures(samples: Sequence[Sample]) -> Figures:
    """Sum samples up. Failed requests count in the times as well: a fast refusal would else flatter them."""
    times = [sample.milliseconds for sample in samples]
    instants = [sample.at for sample in samples]
    seconds = max(instants) - min(instants) if len(instants) > 1 else 0.0
    return Figures(
        requests=len(samples),
        errors=sum(bool(sample.error) for sample in samples),
        per_second=len(samples) / seconds if seconds else float(len(samples)),
        p50=percentile(times, 0.5),
        p95=percentile(times, 0.95),
        slowest=max(times, default=math.nan),
    )
