-- Card readers and their counts; never a card. Under a thousand rows: the
-- indexes that every layer has are enough.
CREATE TABLE card_readers (LIKE features INCLUDING ALL,
  reader_code text UNIQUE,
  reader_kind text,
  reader_status text,
  issuer text,
  place_name text,
  accepts_payment boolean,
  last_seen_at timestamptz,
  granted24h integer,
  denied24h integer,
  payments24h integer
);
