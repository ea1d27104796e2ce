"""What every stand-in needs: an account, its records, who may call and how often, and what goes wrong on demand.

How to write a stand-in with it: ../README.md.
"""

from .account import Account, Caller
from .failure import Failure
from .limits import Limit
from .oauth import OAuth
from .store import Store, now_iso
from .wire import Response, json_response
