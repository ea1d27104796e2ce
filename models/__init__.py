from . import source
from . import connector
from . import outbox
from . import inbox
from . import operations
