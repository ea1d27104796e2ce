"""What every provider's adapter must do, as tests. A provider adds a subclass of :class:`AdapterContract`.

The subclass says how to reach its stand-in, and which of the switches fit it (:class:`~.contract.Contract`); whatever
differs besides, it overrides. It may be in an addon of its own: ``./dev/test path/to/the/test.py`` makes this module
and the fixture ``sandbox`` available everywhere.
"""

from .customers import CustomerContract
from .failures import FailureContract
from .requests import RequestContract
from .sending import SendingContract


class AdapterContract(RequestContract, SendingContract, CustomerContract, FailureContract):
    """Inherit it in a class whose name begins with ``Test``."""
