-- Cameras: some hundreds, so their lists need no index of their own.
CREATE TABLE cameras (LIKE features INCLUDING ALL,
  camera_kind text,
  camera_status text,
  road_name text,
  height_m float8,
  azimuth_deg float8,
  fov_deg float8,
  range_m float8,
  onvif_profile text,
  ai_solutions text[] NOT NULL DEFAULT '{}',
  last_seen_at timestamptz,
  stream_url text -- at the source; never told
);
