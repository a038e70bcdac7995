-- Operations that clients have stored: whoever has the hash of a document may ask
-- it, by his own rights. Who stored it answers for its number, and for nothing
-- that it shows.
CREATE TABLE operations (
  hash bytea PRIMARY KEY CHECK (length(hash) = 32), -- SHA-256 of the document
  document text NOT NULL,
  operation_name text NOT NULL DEFAULT '', -- which of the document's operations it stands for; '': it has one
  title text NOT NULL DEFAULT '',
  stored_by text NOT NULL, -- the name of the key
  stored_at timestamptz NOT NULL,
  used_at timestamptz -- to the hour; null: never
);
CREATE INDEX ON operations (stored_by, stored_at DESC, hash);
