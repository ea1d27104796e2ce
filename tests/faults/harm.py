"""Harm to processes, and the remote's moods. Each kind is one small function; none waits longer than it says."""

import contextlib
import os
import signal


def kill_one(pids, random):
    """SIGKILL one of these processes; return whether it was alive."""
    alive = [pid for pid in pids if is_alive(pid)]
    if not alive:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(random.choice(alive), signal.SIGKILL)
        return True
    return False


def is_alive(pid):
    """Tell whether the process runs: a zombie does not."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"
    return False


# What the remote does instead of answering well. Nothing is carried out later than LATE after the call: who gives
# up on a call and repeats it with newer content before the old one is carried out cannot be helped by any sender.
LATE = 2.0
MOODS = {
    "429": {"limit": "burst", "retry_after": 1},
    "500": {"status": 500},
    "503 as a web page": {"html": True, "status": 503},
    "later than the time-out": {"latency": LATE},
    "closed after the write": {"drop": "after"},
    "half of the answer": {"truncate": True},
}
