-- What the hub knew at any moment: each table that answers rest on keeps the
-- former versions of its rows in a table of its own, x_history, and x_as_of(moment)
-- gives the rows as they were known then. The tables of today grow by nothing, so
-- questions about now cost what they did.
--
-- A version is known from the time when its transaction began (updated_at of a
-- feature, recorded_at of a row of a series) until recorded_to, when the next
-- one's did. Triggers keep versions, set by set, in the transaction that replaces
-- them; whoever changes what a row says stamps it. Versions that lived within one transaction are not kept: nobody saw them.
--
-- Versions of a moment are found by one index over the time that they were known,
-- and the place where there is one. A table of former versions is appended to and
-- pruned from its old end, so its time of writing is worth no more than a BRIN.

-- since is the first moment that a table can tell of; what was replaced earlier is
-- gone. keep is how long former versions stay; null: for ever. It may be changed.
CREATE TABLE history (
  name text PRIMARY KEY,
  stamp text NOT NULL, -- the column that says since when a row is known
  since timestamptz NOT NULL,
  keep interval
);

-- stamped is since when a version is known that replaces another: since the
-- transaction began, or just after the other where a transaction that began later
-- was quicker. What one transaction changes again has its one stamp.
CREATE FUNCTION stamped(former timestamptz) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN former <= now() THEN now() ELSE former + interval '1 microsecond' END
$$;

-- remember_by makes the functions of a table and its former versions, by the
-- columns that both have: again when a column has come to both.
CREATE FUNCTION remember_by(name text, stamp text, id boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  columns text := (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped);
  versions text;
BEGIN
  EXECUTE format($make$
    CREATE OR REPLACE FUNCTION %1$I(moment timestamptz) RETURNS SETOF %2$I LANGUAGE sql STABLE PARALLEL SAFE AS $body$
      SELECT * FROM %2$I WHERE %3$I <= moment UNION ALL SELECT %4$s FROM %5$I WHERE tstzrange(%3$I, recorded_to) @> moment
    $body$
  $make$, name || '_as_of', name, stamp, columns, name || '_history');
  IF id THEN
    -- Writers note versions of sources, too, which change nothing that is said.
    versions := format('removed JOIN (SELECT id AS now_id, %1$I AS until FROM added) a ON now_id = id WHERE %1$I < until', stamp);
  ELSE
    versions := format('removed, LATERAL (SELECT stamped(%1$I) AS until) a WHERE %1$I < until', stamp); -- what is updated is changed
  END IF;
  EXECUTE format($make$
    CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
      INSERT INTO %2$I (%3$s, recorded_to) SELECT %3$s, until FROM %4$s;
      RETURN NULL;
    END $body$
  $make$, name || '_updated_version', name || '_history', columns, versions);
  EXECUTE format($make$
    CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
      INSERT INTO %2$I (%3$s, recorded_to) SELECT %3$s, stamped(%4$I) FROM removed WHERE %4$I < stamped(%4$I);
      RETURN NULL;
    END $body$
  $make$, name || '_deleted_version', name || '_history', columns, stamp);
END $$;

-- keep_history has a table remember from now on. key is how its rows are found.
CREATE FUNCTION keep_history(name text, stamp text, key text, keep interval) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  former text := name || '_history';
  geom text := (SELECT ', geom' FROM pg_attribute WHERE attrelid = name::regclass AND attname = 'geom');
  filled boolean;
BEGIN
  EXECUTE format('CREATE TABLE %I (LIKE %I, recorded_to timestamptz NOT NULL)', former, name);
  EXECUTE format('CREATE INDEX ON %I USING gist (tstzrange(%I, recorded_to)%s)', former, stamp, coalesce(geom, ''));
  EXECUTE format('CREATE INDEX ON %I (%s)', former, key);
  EXECUTE format('CREATE INDEX ON %I USING brin (recorded_to)', former);
  PERFORM remember_by(name, stamp, key = 'id');
  EXECUTE format('CREATE TRIGGER keep_updated AFTER UPDATE ON %I REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION %I()', name, name || '_updated_version');
  EXECUTE format('CREATE TRIGGER keep_deleted AFTER DELETE ON %I REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION %I()', name, name || '_deleted_version');
  EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
  INSERT INTO history VALUES (name, stamp, CASE WHEN filled THEN now() ELSE '-infinity' END, keep);
END $$;

-- prune_history forgets what is older than it is to be kept; not while another does.
CREATE FUNCTION prune_history() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  h record;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('prune history')) THEN
    RETURN;
  END IF;
  FOR h IN SELECT * FROM history WHERE keep IS NOT NULL LOOP
    UPDATE history SET since = greatest(since, now() - keep) WHERE name = h.name;
    EXECUTE format('DELETE FROM %I WHERE recorded_to <= now() - $1', h.name || '_history') USING h.keep;
  END LOOP;
END $$;

-- Features: for three years, as vessels' positions are kept; but those that a
-- device moves or greets for every few seconds make a version each time. Of these
-- a month, a week of vessels: vessel_positions tells of longer ago.
SELECT keep_history(name, 'updated_at', 'id', interval '36 months')
FROM unnest('{dams, stations, places, zones, reports, alerts, articles, camera_events, offices, dossiers, card_readers, security_incidents}'::text[]) name;
SELECT keep_history(name, 'updated_at', 'id', interval '1 month') FROM unnest('{cameras, billboards}'::text[]) name;
SELECT keep_history('vessels', 'updated_at', 'id', interval '7 days');

-- Series: a row is known since it came, and again since it was counted up or
-- moved to the feature that it turned out to be of.
ALTER TABLE billboard_plays ADD recorded_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE card_counts ADD recorded_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE card_findings ADD recorded_at timestamptz NOT NULL DEFAULT now();
SELECT keep_history(name, 'recorded_at', 'feature_id, at', interval '36 months')
FROM unnest('{readings, vessel_positions, billboard_plays, card_counts, card_findings}'::text[]) name;
CREATE FUNCTION card_hours_as_of(moment timestamptz) RETURNS SETOF card_hours LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT feature_id, at, kind, sum(count)::integer AS count FROM card_counts_as_of(moment) GROUP BY feature_id, at, kind
$$;

-- Former ids, since when they are.
ALTER TABLE feature_aliases ADD recorded_at timestamptz NOT NULL DEFAULT now();
SELECT keep_history('feature_aliases', 'recorded_at', 'alias', NULL);
