"""The stand-in for HubSpot, for a benchmark."""

import importlib.util
from pathlib import Path

from database import setting
from stack import Sandbox


def start_sandbox(bench, label="bench_sandbox"):
    """Start a sandbox of the benchmark's own; return its client, which has its ``url``."""
    return _client_module().SandboxClient(bench.enter(Sandbox(label=label)).url)


def _client_module():
    """Load what steers the sandbox, by its path: its neighbours have very common names."""
    path = Path(setting("RETAIL_HUB_ROOT"), "tests", "sandbox", "client.py")
    spec = importlib.util.spec_from_file_location("sandbox_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
