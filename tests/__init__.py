from .source import test_account_move
from .source import test_capture
from .source import test_catalog
from .source import test_customer
from .source import test_invoice_updated
from .source import test_language
from .source import test_loyalty
from .source import test_numbers
from .source import test_order_paid
from .source import test_payment_transaction
from .source import test_pos_order
from .source import test_pos_session
from .source import test_sale_order
from .source import test_savepoints
from .source import test_shipment_updated
from .source import test_stock_level
from .source import test_stock_picking
from .source import test_watched
from .source import test_watched_cases
from .connector import test_connector
from .connector import test_credential
from .connector import test_destination
from .connector import test_field_map
from .connector import test_hubspot_account
from .connector import test_hubspot_companies
from .connector import test_hubspot_invoices
from .connector import test_hubspot_moved
from .connector import test_hubspot_moved_merged
from .connector import test_hubspot_orders
from .connector import test_hubspot_upgrade
from .connector import test_oauth
from .connector import test_webhook_connector
from .outbox import test_alerts
from .outbox import test_alias
from .outbox import test_alias_of_branch
from .outbox import test_archived_parts
from .outbox import test_branches
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
from .outbox import test_forecast
from .outbox import test_history
from .outbox import test_hostile_responses
from .outbox import test_outcome
from .outbox import test_quota
from .outbox import test_shared_addresses
from .outbox import test_shared_record
from .outbox import test_merged_there
from .outbox import test_relink
from .outbox import test_taken
from .outbox import test_wake
from .outbox import test_watched_choices
from .outbox import test_who_is_sent
from .loyalty import test_adjustments
from .loyalty import test_card_balance
from .loyalty import test_codes
from .loyalty import test_codes_talon_one
from .loyalty import test_confirmations
from .loyalty import test_engine
from .loyalty import test_engine_difference
from .loyalty import test_engine_returns
from .loyalty import test_engine_talon_one
from .loyalty import test_failures as test_loyalty_failures
from .loyalty import test_lots
from .loyalty import test_members
from .loyalty import test_gift_card_proof
from .loyalty import test_order_confirmations
from .loyalty import test_order_holds
from .loyalty import test_outage
from .loyalty import test_ownership
from .loyalty import test_portal
from .loyalty import test_promotions
from .loyalty import test_differences as test_loyalty_differences
from .loyalty import test_holds as test_loyalty_holds
from .loyalty import test_till_away
from .loyalty import test_till_away_tours
from .loyalty import test_till_balances
from .loyalty import test_till_codes
from .loyalty import test_till_confirmations
from .loyalty import test_till_forecasts
from .loyalty import test_till_holds
from .loyalty import test_till_orders
from .loyalty import test_till_tours
from .loyalty import test_points as test_loyalty_points
from .loyalty import test_ledger as test_loyalty_ledger
from .loyalty import test_returns_at_the_till
from .loyalty import test_returns_of_orders
from .loyalty import test_returns_screen
from .inbox import test_amendments as test_inbox_amendments
from .inbox import test_api as test_inbox_api
from .inbox import test_api_users
from .inbox import test_captured_order
from .inbox import test_compensation
from .inbox import test_customers as test_inbox_customers
from .inbox import test_early
from .inbox import test_escapes
from .inbox import test_holds as test_inbox_holds
from .inbox import test_order_process as test_inbox_order_process
from .inbox import test_batch
from .inbox import test_campaign_responses
from .inbox import test_customer_search
from .inbox import test_deprecation
from .inbox import test_prices
from .inbox import test_events as test_inbox_events
from .inbox import test_message_screens
from .inbox import test_payments
from .inbox import test_refunds
from .inbox import test_payment_alerts
from .inbox import test_orders as test_inbox_orders
from .inbox import test_hostile_input
from .inbox import test_inventory as test_inbox_inventory
from .inbox import test_fulfilment as test_inbox_fulfilment
from .inbox import test_order_comparison as test_inbox_order_comparison
from .inbox import test_order_money as test_inbox_order_money
from .inbox import test_order_details
from .inbox import test_order_rounding
from .inbox import test_own_changes
from .inbox import test_vouchers
from .inbox import test_access_tokens
from .inbox import test_signed_requests
from .inbox import test_statuses
from .inbox import test_webhooks
from .inbox import test_api_page
from .inbox import test_backlog
from .inbox import test_message_retention
from .operations import test_attempts
from .operations import test_counts
from .operations import test_names
from .operations import test_names_in_texts
from .operations import test_next_step
from .operations import test_operators
from .operations import test_retention
from .operations import test_dead_letters_of_both
from .operations import test_low_priority
from .operations import test_screens
from .operations import test_search
from .operations import test_security
from .operations import test_status
from .operations import test_wait_reasons
from .operations import test_texts
from .operations import test_timeline
from .operations import test_translations
from .security import test_fuzz
from .security import test_oracles
from .security import test_paths
from .security import test_rights
from .security import test_sweep
from .wizards import test_dead_letters
from .wizards import test_sample
from .wizards import test_setup_check
from .wizards import test_setup_check_server
from .controllers import test_try_it
from .controllers import test_published_schemas
from .neighbours import test_captured_kit as test_neighbours_captured_kit
from .neighbours import test_cashier as test_neighbours_cashier
from .neighbours import test_demo_people as test_neighbours_demo_people
from .neighbours import test_kit as test_neighbours_kit
from .neighbours import test_settled_at_the_till as test_neighbours_settled
from .neighbours import test_returns_across_channels as test_neighbours_returns
from .neighbours import test_shipping as test_neighbours_shipping
from .neighbours import test_watched_with_neighbours as test_neighbours_watched
from .neighbours import test_web_order as test_neighbours_web_order
from .neighbours import test_web_codes as test_neighbours_web_codes
from .neighbours import test_cart_points as test_neighbours_cart_points
