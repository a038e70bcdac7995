-- $1, $2: from when, until when. Counted straight from the rows: what a rollup
-- would save is what this is to show.
SELECT u.code, g.report_status, g.n
FROM (
  SELECT f.unit_id, f.report_status, count(*) AS n
  FROM reports f
  WHERE f.observed_at >= $1::timestamptz AND f.observed_at < $2::timestamptz
  GROUP BY f.unit_id, f.report_status
) g
LEFT JOIN units u ON u.id = g.unit_id
ORDER BY g.unit_id::text, g.report_status
