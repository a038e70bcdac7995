-- Vessels and where they were.
CREATE TABLE vessels (LIKE features INCLUDING ALL,
  registration text UNIQUE,
  mmsi text UNIQUE,
  imo text,
  call_sign text,
  vessel_name text,
  vessel_status text,
  owner_name text,
  owner_phone text,
  length_m float8,
  engine_power_kw float8,
  gear text,
  vessel_class text,
  licence_no text,
  licence_to date,
  food_safety_cert_to date,
  home_port_id text COLLATE "C", -- as ids are collated, so that joins use indexes
  iuu_risk text,
  unregistered boolean,
  vms_device_ids text[] NOT NULL DEFAULT '{}',
  nav_status text,
  ship_type integer,
  speed_kn float8,
  course_deg float8,
  heading_deg float8,
  last_signal_at timestamptz,
  position_source text,
  destination text,
  draught_m float8
);
-- The layer is shared: a row that says nothing of its class is shared too, never open.
ALTER TABLE vessels ALTER COLUMN sharing SET DEFAULT 1;
-- The fleet's watch: who is lost or in distress, silent longest first.
CREATE INDEX ON vessels (vessel_status, last_signal_at, id);
-- The vessels of a port.
CREATE INDEX ON vessels (home_port_id);

-- One row a position; by month, so that old months leave whole. The key is the
-- order in which "the last n of this vessel" reads it.
CREATE TABLE vessel_positions (
  feature_id text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  geom geometry(Point, 4326) NOT NULL CHECK (ST_X(geom) BETWEEN -180 AND 180 AND ST_Y(geom) BETWEEN -90 AND 90),
  speed_kn float8,
  course_deg float8,
  heading_deg float8,
  position_source text,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (feature_id, at)
) PARTITION BY RANGE (at);
-- Which vessels were in this area.
CREATE INDEX ON vessel_positions USING gist (geom);
-- All vessels at a time: rows arrive nearly in the order of at.
CREATE INDEX ON vessel_positions USING brin (at);
