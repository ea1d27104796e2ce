from . import dispatcher
from . import api_v1
from . import docs
from . import try_it
