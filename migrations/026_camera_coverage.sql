-- What a camera sees, for the index: the sector that systems.coverage draws, by the
-- same formula on the same sphere, so that a camera is found by the points of the
-- polygon that it shows. NULL where the figures make none.
CREATE FUNCTION camera_coverage(at geometry, azimuth_deg float8, fov_deg float8, range_m float8) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  round boolean := fov_deg >= 360;
  sweep float8 := least(fov_deg, 360);
  steps int := CASE WHEN fov_deg >= 360 THEN 32 ELSE greatest(2, ceil(fov_deg * 30 / 360)) END;
  lat float8 := radians(ST_Y(at));
  lon float8 := radians(ST_X(at));
  d float8 := range_m / 6378137;
  first float8 := CASE WHEN fov_deg >= 360 THEN coalesce(azimuth_deg, 0) ELSE azimuth_deg + fov_deg / 2 END;
  arc geometry[];
BEGIN
  IF GeometryType(at) <> 'POINT' OR NOT fov_deg > 0 OR NOT range_m > 0 OR first IS NULL OR d IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(ST_SetSRID(ST_MakePoint(degrees(lon + atan2(sin(b) * sin(d) * cos(lat), cos(d) - sin(lat) * sin(north))), degrees(north)), 4326) ORDER BY i) INTO arc
  FROM (SELECT i, radians(first - sweep * i / steps) AS b FROM generate_series(0, CASE WHEN round THEN steps - 1 ELSE steps END) i) bearing,
    LATERAL (SELECT asin(sin(lat) * cos(d) + cos(lat) * sin(d) * cos(b)) AS north) p;
  RETURN ST_MakePolygon(ST_MakeLine(CASE WHEN round THEN arc || arc[1] ELSE array_prepend(at, arc) || at END));
END $$;
CREATE INDEX ON cameras USING gist (camera_coverage(geom, azimuth_deg, fov_deg, range_m));
