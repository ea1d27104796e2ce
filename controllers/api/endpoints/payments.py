"""The payments and refunds of orders."""

from ..endpoint import command_endpoint

PROBLEMS = ("not-found", "conflict", "amount-exceeded", "unknown-reference")


def _endpoint(action, operation):
    path = f"/orders/{{external_id}}/payments/{action}"
    return command_endpoint("POST", path, operation, f"payment.{action}", PROBLEMS, may_wait=True)


ENDPOINTS = (
    _endpoint("authorize", "authorizePayment"),
    _endpoint("capture", "capturePayment"),
    _endpoint("fail", "failPayment"),
    _endpoint("refund", "refundPayment"),
    command_endpoint(
        "POST",
        "/orders/{external_id}/refunds",
        "refundOrder",
        "order.refund",
        ("not-found", "conflict", "amount-exceeded", "total-mismatch"),
        may_wait=True,
    ),
)
