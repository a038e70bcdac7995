-- The press about the province.
CREATE TABLE articles (LIKE features INCLUDING ALL,
  guid text UNIQUE,
  canonical_url text,
  outlet text,
  headline text,
  summary text,
  author text,
  published_at timestamptz,
  language text,
  topics text[] NOT NULL DEFAULT '{}',
  place_names text[] NOT NULL DEFAULT '{}',
  sentiment text,
  sentiment_score float8,
  reach integer,
  handling_status text,
  assigned_agency_code text,
  handling_due_at timestamptz
);
-- The newest articles.
CREATE INDEX ON articles (published_at DESC NULLS LAST, id);
-- What waits for an answer, the most pressing first.
CREATE INDEX ON articles (handling_status, handling_due_at, id);
-- An article that its publisher gave another guid is known by its address.
CREATE INDEX ON articles (canonical_url);
