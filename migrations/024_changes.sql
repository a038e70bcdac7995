-- Hubs keep answers until something changes that they rest on. So each table that
-- an answer may rest on says when it was written to: once a transaction, and only
-- when that is committed. The name is all that is said; who wants to know more
-- reads the table, under its own rules.

CREATE FUNCTION announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('geohub_changes', TG_TABLE_NAME);
  FOR i IN 0 .. TG_NARGS - 1 LOOP -- views of the table
    PERFORM pg_notify('geohub_changes', TG_ARGV[i]);
  END LOOP;
  RETURN NULL;
END $$;

-- announce_changes has tables say when they change: for a layer's migration.
CREATE FUNCTION announce_changes(VARIADIC tables text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY tables LOOP
    EXECUTE format('CREATE TRIGGER announce_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION announce_change()', name);
  END LOOP;
END $$;

SELECT announce_changes('units', 'unit_crosswalk', 'agencies', 'feature_aliases',
  'dams', 'stations', 'readings', 'vessels', 'vessel_positions', 'places', 'zones', 'reports', 'alerts', 'articles', 'cameras', 'camera_events',
  'billboards', 'billboard_plays', 'offices', 'dossiers', 'card_readers', 'card_findings', 'security_incidents');
CREATE TRIGGER announce_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON card_counts FOR EACH STATEMENT EXECUTE FUNCTION announce_change('card_hours');
