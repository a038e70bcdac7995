-- $1 to $4: the box; $5: how many rows. The order is the hub's, that of a list
-- in an area without orderBy: when the hub's changes, it changes here.
--
-- && compares boxes of 32 bits; the coordinates decide. Within CASE they don't
-- count as conditions by themselves to the planner, which would multiply their
-- shares, expect one row of ten thousand, and sort them all for the first fifty.
SELECT f.id, f.service_request_id, f.service_code, f.report_category, f.report_status, f.label, f.requested_at, f.geom
FROM reports f
WHERE f.geom && ST_MakeEnvelope($1::float8, $2::float8, $3::float8, $4::float8, 4326)
  AND CASE WHEN ST_X(f.geom) BETWEEN $1::float8 AND $3::float8 AND ST_Y(f.geom) BETWEEN $2::float8 AND $4::float8 THEN true ELSE false END
ORDER BY f.id
LIMIT $5::bigint
