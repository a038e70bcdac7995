-- Zones: polygons, and lines for boundaries.
CREATE TABLE zones (LIKE features INCLUDING ALL,
  zone_code text UNIQUE,
  zone_kind text,
  zone_from date,
  zone_to date, -- the first day on which it holds no more; null: it stands
  restriction text,
  heritage_level integer,
  flood_level_m float8,
  legal_basis text
);
-- All zones of one kind, page by page.
CREATE INDEX ON zones (zone_kind, id);
