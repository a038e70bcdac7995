-- $1 to $4: the box; $5: how many vessels; $6: how many positions of each. One
-- row a position, or one without for a vessel that has none.
SELECT v.id, v.mmsi, v.label, v.gear, v.geom, p.at, p.geom, p.speed_kn, p.course_deg
FROM (
  SELECT f.id, f.mmsi, f.label, f.gear, f.geom
  FROM vessels f
  WHERE f.geom && ST_MakeEnvelope($1::float8, $2::float8, $3::float8, $4::float8, 4326)
    AND CASE WHEN ST_X(f.geom) BETWEEN $1::float8 AND $3::float8 AND ST_Y(f.geom) BETWEEN $2::float8 AND $4::float8 THEN true ELSE false END
  ORDER BY f.id -- the hub's order: see reports.sql
  LIMIT $5::bigint
) v
LEFT JOIN LATERAL (
  SELECT s.at, s.geom, s.speed_kn, s.course_deg FROM vessel_positions s WHERE s.feature_id = v.id ORDER BY s.at DESC LIMIT $6::bigint
) p ON true -- a nested loop: it keeps the order of v, which the runner checks
