-- $1, $2: the point; $3: how many the index gives, by degrees; $4: how many of
-- them are wanted, by metres. The last column is how far the index went, degrees.
WITH c AS MATERIALIZED (
  SELECT f.id, f.label, f.camera_kind, f.camera_status, f.road_name, f.geom, f.geom <-> ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326) AS degrees
  FROM cameras f
  ORDER BY f.geom <-> ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326)
  LIMIT $3::bigint
)
SELECT c.id, c.label, c.camera_kind, c.camera_status, c.road_name, c.geom,
  ST_Distance(c.geom::geography, ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4326)::geography) AS m, max(c.degrees) OVER () AS reach
FROM c
ORDER BY m, c.id
LIMIT $4::bigint
