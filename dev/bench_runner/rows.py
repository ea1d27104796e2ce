"""The benchmarks, by name, in the order in which they run."""

import capture
import capture_orders
import capture_pos_orders
import large_table
import losses
import memory
import outbound
import outbound_orders
import outbound_webhooks
import realtime
import realtime_calm

BENCHMARKS = {
    "capture": capture.measure,
    "capture_orders": capture_orders.measure,
    "capture_pos_orders": capture_pos_orders.measure,
    "outbound": outbound.measure,
    "outbound_orders": outbound_orders.measure,
    "outbound_webhooks": outbound_webhooks.measure,
    "losses": losses.measure,
    "realtime": realtime.measure,
    "realtime_calm": realtime_calm.measure,
    "large_table": large_table.measure,
    "memory": memory.measure,
}
