"""Greenroom: the shared code of a celebrity-booking platform, by capability."""

import gc
import os

# A start makes what stays: to look for garbage among it again and again costs a sixth of it. This module is
# the first of ours that a function imports; ``telemetry.init.settle`` ends it.
if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    gc.disable()
    # To look for plugins, of which there are none, it reads what every installed distribution says of itself.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
