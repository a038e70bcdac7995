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

-- What the readers counted by the hour of the clock, by issuer of the cards and
-- kind of use; never a card.
CREATE TABLE card_counts (
  feature_id text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL, -- when the hour begins
  issuer text NOT NULL,    -- '' when the reader doesn't say
  kind text NOT NULL,
  count integer NOT NULL,
  amount_vnd bigint NOT NULL, -- of payments and the like, together
  PRIMARY KEY (feature_id, at, issuer, kind)
) PARTITION BY RANGE (at);
CREATE INDEX ON card_counts USING brin (at);

-- The same whoever issued the cards, as it may be read.
CREATE VIEW card_hours AS SELECT feature_id, at, kind, sum(count)::integer AS count FROM card_counts GROUP BY feature_id, at, kind;

-- What looked like misuse, by reader, hour and rule: never a card.
CREATE TABLE card_findings (
  feature_id text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  rule text NOT NULL,
  count integer NOT NULL,
  PRIMARY KEY (feature_id, at, rule)
) PARTITION BY RANGE (at);
CREATE INDEX ON card_findings USING brin (at);
