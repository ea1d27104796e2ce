from .source import test_account_move
from .source import test_capture
from .source import test_catalog
from .source import test_customer
from .source import test_loyalty
from .source import test_payment_transaction
from .source import test_pos_order
from .source import test_pos_session
from .source import test_sale_order
from .source import test_savepoints
from .source import test_stock_level
from .source import test_stock_picking
from .connector import test_connector
from .connector import test_credential
from .connector import test_destination
from .connector import test_field_map
from .connector import test_hubspot_account
from .connector import test_hubspot_companies
from .connector import test_hubspot_invoices
from .connector import test_hubspot_orders
from .connector import test_hubspot_upgrade
from .connector import test_oauth
from .connector import test_webhook_connector
from .outbox import test_alerts
from .outbox import test_bulk_run
from .outbox import test_circuit
from .outbox import test_conflicting
from .outbox import test_creation_in_doubt
from .outbox import test_delivery
from .outbox import test_dependencies
from .outbox import test_filters
from .outbox import test_flow
from .outbox import test_flow_faults
from .outbox import test_flow_filter
from .outbox import test_hostile_responses
from .outbox import test_outcome
from .outbox import test_quota
from .outbox import test_shared_record
from .outbox import test_wake
from .operations import test_retention
from .operations import test_screens
from .operations import test_security
from .operations import test_texts
from .operations import test_timeline
from .security import test_fuzz
from .security import test_paths
from .security import test_rights
from .security import test_sweep
from .wizards import test_dead_letters
from .wizards import test_setup_check
from .controllers import test_published_schemas
from .neighbours import test_cashier as test_neighbours_cashier
from .neighbours import test_kit as test_neighbours_kit
from .neighbours import test_settled_at_the_till as test_neighbours_settled
from .neighbours import test_shipping as test_neighbours_shipping
from .neighbours import test_web_order as test_neighbours_web_order
