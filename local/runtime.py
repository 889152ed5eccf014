"""The functions, loaded into this process and called as the Lambda runtime calls them."""

import importlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.emulator import REGION
from local.events import ACCOUNT_ID
from local.failures import CannotRun

Handler = Callable[[Any, Any], Any]

TIMEOUT_SECONDS = 29.0
"""The gateway's patience; a function behind it gets no longer."""


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What a function is told about its invocation."""

    function_name: str
    deadline: float
    """On the monotonic clock, in seconds."""
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 1769
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    @property
    def invoked_function_arn(self) -> str:
        """Return the function's ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        """Return the log group's name."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the runtime would end this invocation."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


@dataclass(frozen=True, slots=True)
class Function:
    """A function by name, called with JSON on both sides, so that nothing passes that Lambda would not."""

    name: str
    handler: Handler
    timeout: float = TIMEOUT_SECONDS
    """Seconds."""

    def invoke(self, event: str) -> Any:
        """Call the handler with an event in JSON; what it raises comes through."""
        context = LambdaContext(f"greenroom-local-{self.name}", time.monotonic() + self.timeout)
        return json.loads(json.dumps(self.handler(json.loads(event), context)))


def load_function(name: str, timeout: float = TIMEOUT_SECONDS) -> Function:
    """Import ``functions.<name>.main``. Raises ``CannotRun`` when it is not there."""
    try:
        module = importlib.import_module(f"functions.{name}.main")
    except ImportError as error:
        raise CannotRun(f"The function {name} cannot be loaded: {error}.") from error
    return Function(name, module.handler, timeout)
