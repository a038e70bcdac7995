-- Dossiers, without anything of the applicant; one or two thousand more a day.
CREATE TABLE dossiers (LIKE features INCLUDING ALL,
  dossier_no text UNIQUE,
  procedure_code text,
  procedure_name text,
  procedure_field text,
  office_id text COLLATE "C", -- as ids are collated, so that joins use indexes
  dossier_channel text,
  service_level text,
  dossier_status text,
  submitted_at timestamptz,
  received_at timestamptz,
  promised_at timestamptz,
  finished_at timestamptz,
  returned_at timestamptz,
  dossier_outcome text,
  digitised boolean,
  paid_online boolean,
  rating integer
);
-- The layer is shared: a row that says nothing of its class is shared too, never open.
ALTER TABLE dossiers ALTER COLUMN sharing SET DEFAULT 1;
-- What is overdue or due next.
CREATE INDEX ON dossiers (dossier_outcome, promised_at, id);
-- What waits in one status, oldest first.
CREATE INDEX ON dossiers (dossier_status, received_at, id);
-- The dossiers of an office, by the day they came in.
CREATE INDEX ON dossiers (office_id, received_at, id);
