from . import res_company
from . import credential
from . import connector
from . import oauth
from . import field_map
from . import remote_schema
from . import mapping
from . import objects
