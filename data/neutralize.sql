-- A copy of the database must not call anyone: connectors rest until a person activates them.
UPDATE retail_connector SET state = 'paused', state_reason = 'Neutralized copy' WHERE state != 'draft';
DELETE FROM queue_job WHERE identity_key LIKE 'retail_hub:%';
