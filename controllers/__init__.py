from . import oauth
from . import schemas
