"""Receivers whose answers never end take every slot of the lane; a healthy connector beside them delivers in time."""

import base64
import contextlib
import time

import pytest
from drip import Dripper
from hub import TOKEN, Hub, customers

from stack import wait_until

# A slot becomes free at the latest when a call that drips ends, after its time-outs (5 s and 20 s). The rest is for the
# job runner, and for a slow machine.
BOUND = 25 + 15
ROUNDS = 3
COUNT = 10
SECRET = "whsec_" + base64.b64encode(b"a secret of the receiver").decode()


def open_slow(server, dripper, provider):
    """Open a connector with the default time-outs."""
    values = {"name": f"{provider} {dripper.kind}", "provider": provider, "base_url": dripper.url}
    hub = Hub(server, None, server.call("retail.connector", "create", [values])[0])
    hub.set_flows(window_seconds=0)
    hub.set_token(SECRET if provider == "webhook" else TOKEN)
    hub.connector("action_activate")
    return hub


def call_again(stage, hub):
    """Have the connector call at once, as if its receiver had not failed before."""
    stage.db.query("DELETE FROM retail_circuit WHERE connector_id = %s", hub.id)
    hub.make_due()


@pytest.mark.parametrize("provider", ["hubspot", "webhook"])
def test_healthy_beside_drips(open_stage, provider):
    """One server with three workers, and the default channels: two slots in the realtime lane."""
    stage = open_stage({"workers": 3})
    healthy = stage.hub
    with contextlib.ExitStack() as stack:
        drippers = [stack.enter_context(Dripper(kind)) for kind in ("headers", "body")]
        slow = [open_slow(stage.servers[0], dripper, provider) for dripper in drippers]
        durations = []
        for number in range(1, ROUNDS + 1):
            healthy.connector("action_pause")
            healthy.create(*customers(COUNT))  # for all three
            for hub in slow:
                call_again(stage, hub)
            wait_until(lambda: all(each.dripping for each in drippers), BOUND, "both receivers to drip")
            started = time.monotonic()
            healthy.connector("action_activate")
            healthy.wait(timeout=BOUND, delivered=number * COUNT)
            durations.append(round(time.monotonic() - started, 1))
        print(f"{COUNT} customers arrived after {durations} s; bound: {BOUND} s")
        print(f"calls that dripped: {[each.calls for each in drippers]}; {[hub.count() for hub in slow]}")
