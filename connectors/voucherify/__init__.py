"""Voucherify: customers, orders, and loyalty programs of v2."""
