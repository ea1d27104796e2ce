from . import source
from . import connector
from . import outbox
from . import operations
