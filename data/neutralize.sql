-- A copy of the database must not call anyone, not even to test a connection, until a person activates the connector there.
UPDATE retail_connector SET is_neutralized = TRUE;
UPDATE retail_connector SET state = 'paused', state_reason = 'Neutralized copy', state_since = NULL WHERE state != 'draft';
DELETE FROM queue_job WHERE identity_key LIKE 'retail_hub:%';
-- The keys of the original are not those of the copy: new ones are made there.
UPDATE retail_api_key SET revoked_at = now() AT TIME ZONE 'UTC' WHERE revoked_at IS NULL;
DELETE FROM retail_token_key;
-- Webhooks are for the original.
UPDATE retail_connector SET webhook_token = NULL;
