-- $1 to $4: the box; $5 and $6: the ranges that cover it; $7: how many vessels;
-- $8: how many positions of each. One row a position, or one without for a vessel
-- that has none. The order of the vessels is the hub's: see reports.sql.
SELECT v.id, v.mmsi, v.label, v.gear, v.geom, p.at, p.geom, p.speed_kn, p.course_deg
FROM (
  SELECT f.*
  FROM unnest($5::text[], $6::text[]) r(first, last), LATERAL (
    SELECT f.id, f.mmsi, f.label, f.gear, f.geom
    FROM vessels f
    WHERE f.place >= r.first AND f.place <= r.last
      AND CASE WHEN ST_X(f.geom) BETWEEN $1::float8 AND $3::float8 AND ST_Y(f.geom) BETWEEN $2::float8 AND $4::float8 THEN true ELSE false END
    ORDER BY f.place, f.id
    LIMIT $7::bigint) f
  LIMIT $7::bigint
) v
LEFT JOIN LATERAL (
  SELECT s.at, s.geom, s.speed_kn, s.course_deg FROM vessel_positions s WHERE s.feature_id = v.id ORDER BY s.at DESC LIMIT $8::bigint
) p ON true -- a nested loop: it keeps the order of v, which the runner checks
