-- $1 to $4: the box; $5 and $6: the ranges of geohashes that cover it, first and
-- last of each; $7: how many rows. The order is the hub's, that of a list in a
-- box without orderBy: when the hub's changes, it changes here.
--
-- Within CASE the coordinates don't count as conditions by themselves to the
-- planner, which would multiply their shares, expect one row of ten thousand,
-- and sort a range rather than walk along it.
SELECT f.id, f.service_request_id, f.service_code, f.report_category, f.report_status, f.label, f.requested_at, f.geom
FROM unnest($5::text[], $6::text[]) r(first, last), LATERAL (
  SELECT f.id, f.service_request_id, f.service_code, f.report_category, f.report_status, f.label, f.requested_at, f.geom
  FROM reports f
  WHERE f.place >= r.first AND f.place <= r.last
    AND CASE WHEN ST_X(f.geom) BETWEEN $1::float8 AND $3::float8 AND ST_Y(f.geom) BETWEEN $2::float8 AND $4::float8 THEN true ELSE false END
  ORDER BY f.place, f.id
  LIMIT $7::bigint) f
LIMIT $7::bigint
