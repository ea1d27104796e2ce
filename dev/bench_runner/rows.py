"""The benchmarks, by name, in the order in which they run."""

import back_office_under_storm
import capture
import capture_orders
import capture_pos_orders
import inbound_batch
import inbound_single
import large_table
import losses
import loyalty_balance_lookup
import loyalty_events
import loyalty_proof
import loyalty_sale_to_balance
import memory
import order_capture
import order_capture_contended
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
    "order_capture": order_capture.measure,
    "order_capture_contended": order_capture_contended.measure,
    "inbound_single": inbound_single.measure,
    "inbound_batch": inbound_batch.measure,
    "back_office_under_storm": back_office_under_storm.measure,
    "loyalty_sale_to_balance": loyalty_sale_to_balance.measure,
    "loyalty_balance_lookup": loyalty_balance_lookup.measure,
    "loyalty_events": loyalty_events.measure,
    "loyalty_proof": loyalty_proof.measure,
}

# Names for several of them.
GROUPS = {
    "inbound": (
        "inbound_single",
        "inbound_batch",
        "order_capture",
        "order_capture_contended",
        "back_office_under_storm",
    ),
    "loyalty": ("loyalty_sale_to_balance", "loyalty_balance_lookup", "loyalty_events", "loyalty_proof"),
}
