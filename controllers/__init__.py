from . import api
from . import cart
from . import no_database
from . import oauth
from . import oauth_token
from . import portal
from . import schemas
from . import webhooks
