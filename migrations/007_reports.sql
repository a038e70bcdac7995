-- Reports from the field.
CREATE TABLE reports (LIKE features INCLUDING ALL,
  service_request_id text UNIQUE,
  service_code text,
  service_name text,
  report_category text,
  report_status text,
  open311_status text,
  status_notes text,
  description text,
  address_string text,
  requested_at timestamptz,
  status_updated_at timestamptz,
  expected_at timestamptz,
  resolved_at timestamptz,
  satisfaction text,
  agency_responsible_code text,
  channel text,
  first_name text,
  last_name text,
  email text,
  phone text,
  account_id text,
  device_id text,
  media_urls text[] NOT NULL DEFAULT '{}', -- at the source; never told
  media_moderated boolean
);
-- The newest reports.
CREATE INDEX ON reports (requested_at DESC NULLS LAST, id);
-- What stands at one step, newest first.
CREATE INDEX ON reports (report_status, requested_at DESC NULLS LAST, id);
-- An agency's open reports, by the day they are due.
CREATE INDEX ON reports (agency_responsible_code, open311_status, expected_at, id);
