-- $1, $2: from when, until when; $3: metres; $4: how many pairs. The reports are
-- walked, and of the few cameras those near by are looked up in their index: the
-- other way round each camera would fetch the reports of all months.
SELECT l.id, c.id, c.m
FROM reports l, LATERAL (
  SELECT c.id, ST_Distance(c.geom::geography, l.geom::geography) AS m
  FROM cameras c
  WHERE c.geom && ST_Expand(l.geom, $3::float8 / 105000, $3::float8 / 110500)
) c
WHERE l.observed_at >= $1::timestamptz AND l.observed_at < $2::timestamptz AND c.m <= $3::float8
ORDER BY l.id, c.id
LIMIT $4::bigint
