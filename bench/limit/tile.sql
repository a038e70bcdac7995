-- $1 to $3: the tile. Of bench_tiles, where the reports lie projected, in the
-- order of their places.
SELECT ST_AsMVT(t, 'reports', 4096, 'geom')
FROM (
  SELECT f.id, f.label, f.report_category AS "reportCategory", f.report_status AS "reportStatus", f.open311_status AS "open311Status",
    ST_AsMVTGeom(f.geom, ST_TileEnvelope($1::bigint::int, $2::bigint::int, $3::bigint::int), 4096, 64, true) AS geom
  FROM bench_tiles f
  WHERE f.geom && ST_TileEnvelope($1::bigint::int, $2::bigint::int, $3::bigint::int, margin => 64 / 4096.0)
) t
