-- Reservoirs, and the readings that dams and stations share.
CREATE TABLE dams (LIKE features INCLUDING ALL,
  code text UNIQUE,
  river text,
  basin text,
  dam_kind text,
  dam_status text,
  dead_level_m float8,
  normal_level_m float8,
  design_flood_level_m float8,
  crest_level_m float8,
  capacity_mcm float8,
  useful_mcm float8,
  catchment_km2 float8,
  power_mw float8,
  gated boolean,
  operating_rule text,
  level_m float8,
  downstream_level_m float8,
  storage_mcm float8,
  storage_share float8,
  inflow_m3s float8,
  outflow_m3s float8,
  spill_m3s float8,
  turbine_m3s float8,
  gates_open integer,
  rain24h_mm float8
);

-- One row a value; by month, so that old months leave whole. The key is the
-- order in which "the last n of this dam" reads it.
CREATE TABLE readings (
  feature_id text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  parameter text NOT NULL,
  value float8,
  unit text NOT NULL,
  quality text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (feature_id, at, parameter)
) PARTITION BY RANGE (at);
