from . import test_account_move
from . import test_bulk_run
from . import test_capture
from . import test_catalog
from . import test_circuit
from . import test_connector
from . import test_credential
from . import test_customer
from . import test_dead_letters
from . import test_delivery
from . import test_dependencies
from . import test_field_map
from . import test_flow
from . import test_hubspot_companies
from . import test_hubspot_invoices
from . import test_hubspot_orders
from . import test_oauth
from . import test_loyalty
from . import test_outcome
from . import test_published_schemas
from . import test_retention
from . import test_screens
from . import test_sale_order
from . import test_pos_order
from . import test_pos_session
from . import test_security
from . import test_setup_check
from . import test_payment_transaction
from . import test_stock_level
from . import test_stock_picking
from . import test_quota
from . import test_webhook_connector
from . import test_timeline
from .neighbours import test_kit as test_neighbours_kit
from .neighbours import test_shipping as test_neighbours_shipping
from .neighbours import test_web_order as test_neighbours_web_order
from .neighbours import test_settled_at_the_till as test_neighbours_settled
from .neighbours import test_cashier as test_neighbours_cashier
from . import test_wake
