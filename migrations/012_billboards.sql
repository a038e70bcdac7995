-- Billboards: some hundreds, so their lists need no index of their own.
CREATE TABLE billboards (LIKE features INCLUDING ALL,
  permit_no text UNIQUE,
  permit_from date,
  permit_to date,
  structure_permit_no text,
  billboard_kind text,
  billboard_status text,
  address text,
  venue_type text,
  heritage_zone text,
  face_azimuth_deg float8,
  width_m float8,
  height_m float8,
  area_m2 float8,
  resolution text,
  brightness_nits float8,
  owner_name text,
  operator_name text,
  last_heartbeat_at timestamptz,
  current_creative text,
  creative_approved boolean
);

-- What was shown by the hour of the clock, from the proof-of-play logs.
CREATE TABLE billboard_plays (
  feature_id text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL, -- when the hour begins
  creative text NOT NULL,
  plays integer NOT NULL,
  seconds float8 NOT NULL, -- on show, together; of plays whose length is known
  PRIMARY KEY (feature_id, at, creative)
) PARTITION BY RANGE (at);
CREATE INDEX ON billboard_plays USING brin (at);
