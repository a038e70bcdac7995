-- The river network, reference data like the units: which river flows into which,
-- and the course of each, as far as it is known. Features name their river as
-- their sources do.

-- river_key is what all names of a river come down to: Sông Hương, sông hương and
-- Hương are one.
CREATE FUNCTION river_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT regexp_replace(btrim(fold(name)), '^song\s+|\s+river$', '', 'g')
$$;

CREATE TABLE rivers (
  key text COLLATE "C" GENERATED ALWAYS AS (river_key(name)) STORED PRIMARY KEY,
  name text NOT NULL,
  name_en text NOT NULL,
  flows_into text, -- a river's name; null: into the sea, or out of the map
  into_key text COLLATE "C" GENERATED ALWAYS AS (river_key(flows_into)) STORED,
  geom geometry(LineString, 4326) CHECK (ST_IsValid(geom)), -- from its source to its mouth; null: not known
  updated_at timestamptz NOT NULL DEFAULT now()
);
SELECT announce_changes('rivers');
SELECT keep_history('rivers', 'updated_at', 'key', NULL);
