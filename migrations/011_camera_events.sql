-- What the analytics of cameras took notice of.
CREATE TABLE camera_events (LIKE features INCLUDING ALL,
  camera_id text COLLATE "C", -- as ids are collated, so that joins use indexes
  topic text,
  rule text,
  object_class text,
  likelihood float8,
  start_at timestamptz,
  end_at timestamptz,
  event_severity text,
  verification text,
  count integer,
  water_level_m float8,
  plate_masked text
);
-- The layer is shared: a row that says nothing of its class is shared too, never open.
ALTER TABLE camera_events ALTER COLUMN sharing SET DEFAULT 1;
-- The newest events.
CREATE INDEX ON camera_events (start_at DESC NULLS LAST, id);
-- The newest events of a camera.
CREATE INDEX ON camera_events (camera_id, start_at DESC NULLS LAST, id);
-- What waits to be verified, oldest first.
CREATE INDEX ON camera_events (verification, start_at, id);
