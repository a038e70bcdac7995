-- One-stop offices. Some dozens of rows: the indexes that every layer has are enough.
CREATE TABLE offices (LIKE features INCLUDING ALL,
  office_code text UNIQUE,
  office_kind text,
  office_status text,
  address text,
  office_phone text,
  opening_hours text,
  counters integer,
  waiting_count integer,
  served_today integer
);
