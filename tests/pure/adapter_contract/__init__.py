"""The contract of all adapters, as tests. To test an adapter, write a subclass of :class:`AdapterContract`.

The subclass sets how to reach its stand-in, and the switches that fit the remote (see :class:`~.contract.Contract`). It
overrides whatever else differs. It may be in another addon: ``./dev/test path/to/the/test.py`` makes this module and
the fixture ``sandbox`` available there too.
"""

from .customers import CustomerContract
from .failures import FailureContract
from .requests import RequestContract
from .sending import SendingContract


class AdapterContract(RequestContract, SendingContract, CustomerContract, FailureContract):
    """All tests of the contract. Inherit it in a class whose name begins with ``Test``."""
