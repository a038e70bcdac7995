-- Where the hub reads from, how far it has come, and what it could not take in.

-- What each source has done. The declaration is in sources.yaml; this is its state.
CREATE TABLE sources (
  name text COLLATE "C" PRIMARY KEY,
  format text NOT NULL,
  agency_code text,
  stream boolean NOT NULL,
  every interval,      -- between two reads; null for a stream
  due interval,        -- after how long without success it is stale; null: never
  declared boolean NOT NULL DEFAULT true, -- whether sources.yaml still names it
  paused boolean NOT NULL DEFAULT false,
  checkpoint jsonb,    -- where the next read goes on; of the format's own shape
  attempted_at timestamptz,
  succeeded_at timestamptz,
  failed_at timestamptz,
  error text,          -- of the last attempt; null after a success
  failures integer NOT NULL DEFAULT 0, -- one after the other
  next_at timestamptz, -- of the next read
  newest_at timestamptz, -- the source's time of the newest record
  held_by text,        -- the hub that holds the stream
  reads bigint NOT NULL DEFAULT 0, -- complete ones, for what has gone missing
  flawed boolean NOT NULL DEFAULT false, -- the complete read under way had records that did not come in
  records_in bigint NOT NULL DEFAULT 0,
  records_changed bigint NOT NULL DEFAULT 0,
  records_same bigint NOT NULL DEFAULT 0,
  records_late bigint NOT NULL DEFAULT 0,
  records_quarantined bigint NOT NULL DEFAULT 0,
  records_gone bigint NOT NULL DEFAULT 0
);

-- Records that could not be understood, mapped or stored: whole, with the
-- reason. The same one of the same source is kept once, however often it comes.
CREATE TABLE quarantine (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text COLLATE "C" NOT NULL,
  format text NOT NULL,
  stage text NOT NULL CHECK (stage IN ('DECODE', 'MAP', 'STORE')),
  reason text NOT NULL,
  place text,            -- where in the input, or in the record
  record bytea NOT NULL, -- DECODE: as it came; else its JSON in the standard's names
  mapping_version text NOT NULL,
  digest bytea NOT NULL,
  times bigint NOT NULL DEFAULT 1,
  first_at timestamptz NOT NULL DEFAULT now(),
  last_at timestamptz NOT NULL DEFAULT now(),
  replayed_at timestamptz, -- when it came in after all
  UNIQUE (source, digest)
);
CREATE INDEX ON quarantine (source, id) WHERE replayed_at IS NULL;

-- Which features a source named in which of its complete reads: one that it
-- leaves out of several is gone.
CREATE TABLE source_features (
  source text COLLATE "C" NOT NULL,
  feature_id text COLLATE "C" NOT NULL,
  read bigint NOT NULL,
  PRIMARY KEY (source, feature_id)
);
CREATE INDEX ON source_features (source, read);

-- Features that are no more, and on whose word.
CREATE TABLE tombstones (
  feature_id text COLLATE "C" NOT NULL,
  source text NOT NULL,
  reason text NOT NULL,
  gone_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (feature_id, gone_at)
);

-- Events that are counted, so that one delivered twice counts once: a keyed
-- digest that says nothing of the event to whoever lacks the key, for two days.
CREATE TABLE counted_events (
  source text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (source, digest)
);
CREATE INDEX ON counted_events USING brin (at);

-- Keys the hub made for itself, 32 random bytes each.
CREATE TABLE secrets (
  name text PRIMARY KEY,
  key bytea NOT NULL
);
