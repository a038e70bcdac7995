-- What people hand in at the hub for the reports system, kept until that has
-- taken it.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('SUBMIT', 'RATE')),
  client_id text NOT NULL, -- the caller's own; the same one means the same thing
  viewer text NOT NULL,    -- who handed it in; '' anonymous
  token text NOT NULL UNIQUE, -- of the receipt; whoever has it may ask and rate
  payload jsonb NOT NULL,  -- what was handed in; who reported is dropped once it is settled
  digest bytea NOT NULL,   -- of the payload as it came
  submission bigint REFERENCES outbox, -- RATE: the report that was handed in here; null when it is named by its number
  service_request_id text, -- the reports system's number
  source_token text,       -- what the reports system gave in its place, until it knows the number
  state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'SENT', 'REJECTED')),
  attempts integer NOT NULL DEFAULT 0,
  unclear boolean NOT NULL DEFAULT false, -- an attempt may have arrived: ask before sending again
  next_at timestamptz,     -- when there is something to do again; null: nothing
  error text,              -- of the last attempt, or why it was rejected
  created_at timestamptz NOT NULL,
  sent_at timestamptz,
  UNIQUE (kind, viewer, client_id)
);
CREATE INDEX ON outbox (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX ON outbox (submission) WHERE submission IS NOT NULL;

-- The services of the reports system as they were last read, so that people can
-- choose one while it is away.
CREATE TABLE report_services (
  source text COLLATE "C" PRIMARY KEY,
  services jsonb NOT NULL,
  read_at timestamptz NOT NULL
);
