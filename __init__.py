from . import core, tools
from . import connectors, controllers, models, schemas, wizards
from .hooks import uninstall_hook
