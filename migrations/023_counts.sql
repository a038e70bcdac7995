-- Counts of large layers: how many rows there are by day, unit, agency, class and
-- some fields of the layer, so that a dashboard adds up a few thousand numbers and
-- doesn't read a million rows. layer/counts.go says which questions they answer.
--
-- Every statement that writes to the layer appends what it changed, in the same
-- transaction: +1 and -1, by day. Nothing there is updated, so that two writers
-- never wait for each other. fold_counts sums up what has gathered.
--
-- A row of x_counts says n at one of four grains, and begins with the start of its
-- period as observed_at, so that a condition on the layer is one on its counts:
--   0  what a statement changed of a day
--   1  a day
--   2  a month
--   3  all time; observed_at is null, as it is where nobody knows the day
-- A day has nearly as many rows here as in the layer, but narrow ones that lie
-- together; a month by unit, category and status has a fifth of them, all time a
-- hundredth. A folded row keeps the latest of the times when its sum was recorded.
--
-- Rows are appended and deleted, never updated: there is no use for free space in
-- a page (fillfactor stays 100), and vacuum comes early, since what was folded
-- lies where the next question looks for changes.

-- folds_into gives the rows that one is summed into; one that is folded, itself.
CREATE FUNCTION folds_into(grain smallint, start timestamptz) RETURNS TABLE (coarse smallint, at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT g.coarse, g.at
  FROM (VALUES (1::smallint, start), (2::smallint, date_trunc('month', start, 'Asia/Ho_Chi_Minh')), (3::smallint, NULL::timestamptz)) g (coarse, at)
  WHERE grain = 0 OR g.coarse = grain
$$;

-- fold_counts sums up the changes of a layer, when there are so many of them, with
-- all rows of the periods that they are of; not while another does.
CREATE FUNCTION fold_counts(layer text, many integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  counts text := quote_ident(layer || '_counts');
  cell text := (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = counts::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('grain', 'observed_at', 'n', 'recorded_at'));
  enough boolean;
  days timestamptz[];
  months timestamptz[];
BEGIN
  EXECUTE format('SELECT count(*) >= $1 FROM (SELECT FROM %1$s WHERE grain = 0 LIMIT $1) c', counts) INTO enough USING many;
  IF NOT enough OR NOT pg_try_advisory_xact_lock(hashtext('counts of ' || layer)) THEN
    RETURN;
  END IF;
  EXECUTE format($fold$SELECT array_agg(DISTINCT c.observed_at), array_agg(DISTINCT p.at) FROM %1$s c, folds_into(c.grain, c.observed_at) p WHERE c.grain = 0 AND p.coarse = 2$fold$, counts)
    INTO days, months;
  EXECUTE format($fold$WITH gone AS (
      DELETE FROM %1$s WHERE grain = 0 OR (grain > 0 AND observed_at IS NULL) OR (grain = 1 AND observed_at = ANY ($1)) OR (grain = 2 AND observed_at = ANY ($2)) RETURNING *)
    INSERT INTO %1$s (grain, observed_at, %2$s, n, recorded_at)
    SELECT p.coarse, p.at, %2$s, sum(n), max(recorded_at) FROM gone, folds_into(grain, observed_at) p GROUP BY 1, 2, %2$s HAVING sum(n) <> 0 ORDER BY 1, 2$fold$, counts, cell)
    USING days, months;
END $$;

-- count_layer has a layer counted by some of its columns from now on, and counts
-- what it holds.
CREATE FUNCTION count_layer(layer text, columns text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  counts text := quote_ident(layer || '_counts');
  cell text := (SELECT string_agg(quote_ident(c), ', ') FROM unnest('{unit_id, agency_code, sharing}' || columns) c);
  written text := format($written$
    INSERT INTO %1$s (grain, observed_at, %2$s, n) SELECT 0, date_trunc('day', observed_at, 'Asia/Ho_Chi_Minh'), %2$s, sum(n) FROM (%%s) w GROUP BY 2, %2$s HAVING sum(n) <> 0;
    RETURN NULL;$written$, counts, cell);
  added text := format('SELECT observed_at, %s, 1 AS n FROM added', cell);
  removed text := format('SELECT observed_at, %s, -1 AS n FROM removed', cell);
BEGIN
  EXECUTE format('CREATE TABLE %1$s AS SELECT 0::smallint AS grain, observed_at, %2$s, 0 AS n, updated_at AS recorded_at FROM %3$I WITH NO DATA', counts, cell, layer);
  EXECUTE format('ALTER TABLE %1$s ALTER grain SET NOT NULL, ALTER n SET NOT NULL, ALTER recorded_at SET NOT NULL, ALTER recorded_at SET DEFAULT now(),
    SET (autovacuum_vacuum_scale_factor = 0.02)', counts);
  EXECUTE format('CREATE INDEX ON %1$s (grain, observed_at)', counts);
  EXECUTE format($make$
    CREATE FUNCTION %1$s_inserted() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN %2$s END $body$;
    CREATE FUNCTION %1$s_deleted() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN %3$s END $body$;
    CREATE FUNCTION %1$s_updated() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN %4$s END $body$;
    CREATE FUNCTION %1$s_truncated() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN TRUNCATE %1$s; RETURN NULL; END $body$;
    CREATE TRIGGER count_inserted AFTER INSERT ON %5$I REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION %1$s_inserted();
    CREATE TRIGGER count_deleted AFTER DELETE ON %5$I REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION %1$s_deleted();
    CREATE TRIGGER count_updated AFTER UPDATE ON %5$I REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION %1$s_updated();
    CREATE TRIGGER count_truncated AFTER TRUNCATE ON %5$I FOR EACH STATEMENT EXECUTE FUNCTION %1$s_truncated();
  $make$, counts, format(written, added), format(written, removed), format(written, added || ' UNION ALL ' || removed), layer);
  -- The triggers keep writers out until this is committed.
  EXECUTE format($fill$
    INSERT INTO %1$s (grain, observed_at, %2$s, n) SELECT p.coarse, p.at, %2$s, count(*)
    FROM %3$I, folds_into(0::smallint, date_trunc('day', observed_at, 'Asia/Ho_Chi_Minh')) p GROUP BY 1, 2, %2$s ORDER BY 1, 2$fill$, counts, cell, layer);
END $$;

SELECT count_layer('reports', '{report_category, report_status, open311_status}');
SELECT count_layer('dossiers', '{procedure_field, dossier_status, dossier_outcome}');
SELECT count_layer('camera_events', '{topic, event_severity, verification}');
SELECT count_layer('security_incidents', '{incident_category, incident_severity, incident_status}');
