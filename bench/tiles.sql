-- What the limit's tiles are drawn of: the reports' places, projected, in the order
-- of the curve. No hub has such a table.
CREATE TABLE IF NOT EXISTS bench_tiles AS
  SELECT id, label, report_category, report_status, open311_status, ST_Transform(geom, 3857) AS geom FROM reports ORDER BY place;
CREATE INDEX IF NOT EXISTS bench_tiles_geom_idx ON bench_tiles USING gist (geom);
