-- How a file that was imported by hand was read, since no sources.yaml names it:
-- what went to quarantine then can still be brought in. Null for other sources.
ALTER TABLE sources ADD COLUMN import jsonb;
