-- What every layer shares: the columns of a feature, administrative units,
-- agencies, aliases and keys.
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Text as people type it: without accents, case or spelling differences
-- (Hóa and Hoá are both hoa). Filters fold both sides with it.
CREATE FUNCTION fold(s text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT lower(translate(regexp_replace(normalize(s, NFD), '[\u0300-\u036f]', '', 'g'), 'Đđ', 'dd'))
$$;

-- An administrative unit in one epoch. Codes are used again under new names,
-- so the key is (code, valid_from); id is the hub's own short name for it.
CREATE TABLE units (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL,
  valid_from date NOT NULL,
  valid_to date, -- the first day on which it was no more; null: it stands
  kind text NOT NULL CHECK (kind IN ('PROVINCE', 'DISTRICT', 'COMMUNE')),
  type text,
  name text NOT NULL,
  name_en text NOT NULL,
  parent_code text,
  area_km2 float8,
  population integer,
  geom geometry(MultiPolygon, 4326) CHECK (ST_IsValid(geom)),
  approximate boolean NOT NULL DEFAULT false, -- the geometry is a sketch, not a boundary
  UNIQUE (code, valid_from)
);
CREATE INDEX ON units USING gist (geom);

-- Which unit went into which when the map changed; whole = all of it did.
CREATE TABLE unit_crosswalk (
  old_id integer NOT NULL REFERENCES units ON DELETE CASCADE,
  new_id integer NOT NULL REFERENCES units ON DELETE CASCADE,
  whole boolean NOT NULL,
  PRIMARY KEY (old_id, new_id)
);
CREATE INDEX ON unit_crosswalk (new_id);

-- The commune of a point on a day. On a border, where several polygons cover
-- the point, it belongs to the one with the lowest code: to one only, always.
CREATE FUNCTION unit_of(g geometry, day date) RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT u.id FROM units u
  WHERE u.kind = 'COMMUNE' AND u.valid_from <= day AND (u.valid_to IS NULL OR day < u.valid_to)
    AND ST_Covers(u.geom, CASE WHEN ST_Dimension(g) = 0 THEN g ELSE ST_PointOnSurface(g) END)
  ORDER BY u.code COLLATE "C" LIMIT 1
$$;

-- Agencies by QĐ 20/2020/QĐ-TTg; the code's dots are the hierarchy.
CREATE TABLE agencies (
  code text PRIMARY KEY,
  name text NOT NULL,
  name_en text NOT NULL,
  parent_code text REFERENCES agencies,
  unit_code text,
  services text[] NOT NULL DEFAULT '{}' -- Open311 service codes it answers for
);

-- The pattern of every layer's table: CREATE TABLE x (LIKE features INCLUDING
-- ALL, …) takes over columns, checks and indexes. It holds no row itself.
--
-- Each layer has one table of its own, and questions across layers join them by
-- UNION ALL; there is no common spine beside them. Measured with 1,000,000 rows
-- in one layer and 20,000 in 14 others, boxes of 0.02°, 2 clients, pgbench -n
-- -M prepared (PostgreSQL 15, PostGIS 3.3), mean latency:
--
--                                            own tables   narrow spine, by layer,
--                                            UNION ALL    plus domain tables
--   first 51 by id over 15 layers              3.25 ms      3.29 ms
--   count over 15 layers                       1.55 ms      1.42 ms
--   list of 50 of one layer with its fields    0.52 ms      0.87 ms (a join)
--
-- The spine wins nothing across layers worth a second write of every feature,
-- and each layer's own list, which is asked most, loses by it.
CREATE TABLE features (
  id text COLLATE "C" PRIMARY KEY,
  label text,
  label_en text,
  geom geometry(Geometry, 4326) CHECK (
    geom IS NULL OR (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180
      AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90 AND NOT ST_IsEmpty(geom) AND ST_IsValid(geom))),
  position_accuracy_m float8,
  unit_id integer,
  agency_code text,
  source text NOT NULL,
  record_key text,
  observed_at timestamptz,
  version_at timestamptz, -- the source's time of the newest version of any part
  versions jsonb NOT NULL DEFAULT '{}', -- the same by part of the row: an older one never overwrites a newer
  exchange text, -- the request of the source's gateway that brought the newest version (X-Road)
  updated_at timestamptz NOT NULL,
  sharing smallint NOT NULL DEFAULT 0, -- 0 open, 1 shared, 2 private
  search text -- folded words of the label and of the fields that `text` looks into
);
CREATE INDEX ON features USING gist (geom);
CREATE INDEX ON features USING gin (search gin_trgm_ops);
CREATE INDEX ON features (unit_id);
CREATE INDEX ON features (observed_at);
CREATE INDEX ON features (updated_at);

-- A former id of a feature that turned out to be the same as another.
CREATE TABLE feature_aliases (
  alias text COLLATE "C" PRIMARY KEY,
  id text COLLATE "C" NOT NULL
);
CREATE INDEX ON feature_aliases (id);

-- Series are partitioned by month; whoever writes makes the months it needs.
CREATE FUNCTION ensure_months(series regclass, low timestamptz, high timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE m date := date_trunc('month', low AT TIME ZONE 'UTC')::date;
BEGIN
  WHILE m <= high AT TIME ZONE 'UTC' LOOP
    IF to_regclass(quote_ident(series::text || to_char(m, '_YYYYMM'))) IS NULL THEN
      PERFORM pg_advisory_xact_lock(hashtext('months of ' || series::text)); -- two may need it at once
      EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
        series::text || to_char(m, '_YYYYMM'), series, m::timestamp AT TIME ZONE 'UTC', (m + interval '1 month') AT TIME ZONE 'UTC');
    END IF;
    m := m + interval '1 month';
  END LOOP;
END $$;

-- Keys of partners: only the hash of the secret is kept.
CREATE TABLE api_keys (
  prefix text PRIMARY KEY,
  hash bytea NOT NULL,
  name text NOT NULL,
  agency_code text,
  grants jsonb NOT NULL,
  revoked_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
