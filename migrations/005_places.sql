-- Named places.
CREATE TABLE places (LIKE features INCLUDING ALL,
  code text UNIQUE,
  place_kind text,
  address text,
  port_class text,
  shelter_vessels integer,
  channel_depth_m float8,
  berth_m float8,
  landing_t_per_year float8,
  land_ha float8
);
-- All places of one kind, page by page.
CREATE INDEX ON places (place_kind, id);
