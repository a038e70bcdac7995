-- The order of a list in a box: along a curve that fills the plane, so that what
-- lies together is read together and a page of any box is a few ranges of an
-- index, whatever the box and the table hold. By id, a page of a box of 20,000
-- of a million rows read all 20,000 of them, or walked the primary key: 22 ms for
-- 1,000 rows against 3 (one core, PostgreSQL 15, warm).
--
-- The order is that of the geohash (ten letters, cells of about a metre), which
-- PostGIS computes in C; the text compares byte by byte. Of a line or an area it
-- is that of its middle, which orders nothing so far. What lies outside of the
-- world has none, so that the table's own CHECK refuses it.
DO $$
DECLARE
    layer text;
BEGIN
    FOREACH layer IN ARRAY ARRAY['features', 'alerts', 'zones', 'reports', 'cameras', 'camera_events', 'articles', 'offices', 'dossiers', 'billboards', 'dams', 'stations',
        'vessels', 'card_readers', 'security_incidents', 'places'] LOOP
        EXECUTE format('ALTER TABLE %I ADD COLUMN place text COLLATE "C" GENERATED ALWAYS AS (
            CASE WHEN ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90 THEN ST_GeoHash(geom, 10) END) STORED', layer);
        EXECUTE format('CREATE INDEX ON %I (place, id)', layer);
    END LOOP;
END $$;
