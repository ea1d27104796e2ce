from . import const, connectors, controllers, models, schemas, wizards
from .hooks import uninstall_hook
