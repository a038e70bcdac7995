-- Incidents of network security.
CREATE TABLE security_incidents (LIKE features INCLUDING ALL,
  incident_no text UNIQUE,
  incident_category text,
  incident_severity text,
  incident_status text,
  finding_uid text,
  tactic text,
  technique text,
  asset_hostname text,
  asset_ip text,
  source_ip text,
  system_name text,
  security_level integer,
  tlp text,
  opened_at timestamptz,
  contained_at timestamptz,
  resolved_at timestamptz,
  reported_to_national_at timestamptz,
  event_count integer
);
-- The layer is private: a row that says nothing of its class is private too, never open.
ALTER TABLE security_incidents ALTER COLUMN sharing SET DEFAULT 2;
-- What stands open, newest or oldest first.
CREATE INDEX ON security_incidents (incident_status, opened_at, id);
