"""The kit for stand-ins: accounts, records, authentication, call limits, and faults on demand.

../README.md explains how to write a stand-in with it.
"""

from .account import Account, Caller
from .failure import Failure
from .limits import Limit
from .oauth import OAuth
from .store import Store, now_iso
from .wire import Response, json_response
