"""Questions of a user to an adapter: whatever goes wrong is a message. Plain Python."""

import logging
from collections.abc import Callable
from typing import Any

from ..core.errors import ADAPTER_FAILED, RemoteError, TransientError
from ..core.tracebacks import without_values

_logger = logging.getLogger(__name__)
UNREADABLE = "The response of the remote system could not be read. See the server log for details."


def ask(question: Callable[..., Any], *arguments: Any, failure: str = UNREADABLE) -> Any:
    """Return what a method of an adapter returns.

    :param failure: what to say if the adapter fails
    :raise RemoteError: the call failed, or the adapter did, such as for a response that nobody foresaw
    """
    try:
        return question(*arguments)
    except RemoteError:
        raise
    except Exception as error:
        _logger.error("The adapter failed in %s\n%s", question.__name__, without_values(error))
        raise TransientError(failure, code=ADAPTER_FAILED) from None
