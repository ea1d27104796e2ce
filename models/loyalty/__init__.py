from . import card_names
from . import entry
from . import account
from . import card
from . import hold
from . import proof
from . import difference
from . import res_company
