"""What a user reads after an action."""


def notice(kind, message, **params):
    """Return the action that shows a notification and reads the screen again.

    :param kind: ``success``, ``warning`` or ``danger``
    :param params: others of the notification, such as ``title``
    """
    reload = {"type": "ir.actions.client", "tag": "soft_reload"}
    shown = {"type": kind, "message": message, "next": reload, **params}
    return {"type": "ir.actions.client", "tag": "display_notification", "params": shown}
