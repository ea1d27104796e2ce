from . import source
from . import connector
from . import outbox
from . import loyalty
from . import inbox
from . import operations
