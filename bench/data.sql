-- What is measured: reports (as many as bench.rows says), 5,000 vessels with
-- 5,000,000 positions and 2,000 cameras, in the tables of a migrated hub that
-- has the province's units. The same for the same number of rows. Run as one
-- transaction; notices say how far it is.
SET LOCAL synchronous_commit = off;
SET LOCAL maintenance_work_mem = '512MB';
SET LOCAL work_mem = '64MB';
SELECT setseed(0.42);

-- Indexes are made when the rows are there, which is quicker.
CREATE TEMP TABLE set_aside ON COMMIT DROP AS
  SELECT format('%I.%I', n.nspname, i.relname) AS name, replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ') AS made
  FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_class t ON t.oid = x.indrelid
  JOIN pg_namespace n ON n.oid = i.relnamespace
  WHERE t.oid IN ('reports'::regclass, 'vessel_positions'::regclass)
    AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid);
DO $$ DECLARE s record; BEGIN
  FOR s IN SELECT * FROM set_aside LOOP EXECUTE 'DROP INDEX ' || s.name; END LOOP;
END $$;

-- Reports: 55 % round the city, 25 % in six towns, 20 % anywhere in the
-- province. cases.go has the same figures, to draw boxes that hold enough. Both
-- bells end at 2.5 standard deviations, so that none lies in the sea.
DO $$ BEGIN RAISE NOTICE 'reports'; END $$;
CREATE TEMP TABLE anywhere ON COMMIT DROP AS
  SELECT row_number() OVER () AS k, d.geom
  FROM units u, ST_Dump(ST_GeneratePoints(u.geom, (current_setting('bench.rows')::int * 0.21)::int + 1000, 42)) d
  WHERE u.kind = 'PROVINCE' AND u.valid_to IS NULL;
CREATE TEMP TABLE drawn ON COMMIT DROP AS
  SELECT i, r, CASE WHEN r >= 0.80 THEN count(*) FILTER (WHERE r >= 0.80) OVER (ORDER BY i) END AS k,
    sqrt(-2 * ln(1 - random() * (1 - exp(-2.5 * 2.5 / 2)))) AS away, 2 * pi() * random() AS turn, 1 + floor(random() * 6)::int AS town,
    1 + floor(power(random(), 1.5) * 12)::int AS service, power(random(), 0.6) AS step,
    date_trunc('second', timestamptz '2024-07-01 00:00+07' + random() * interval '730 days') AS at,
    random() * interval '20 days' AS took
  FROM (SELECT i, random() AS r FROM generate_series(1, current_setting('bench.rows')::int) i) s;
ANALYZE anywhere, drawn;
CREATE TEMP TABLE spots ON COMMIT DROP AS
  SELECT d.*, CASE
      WHEN r < 0.55 THEN ST_SetSRID(ST_MakePoint(107.59 + away * cos(turn) * 0.05, 16.46 + away * sin(turn) * 0.035), 4326)
      WHEN r < 0.80 THEN ST_SetSRID(ST_MakePoint(
        (ARRAY[107.45, 107.68, 107.87, 107.35, 107.72, 108.02])[town] + away * cos(turn) * 0.02,
        (ARRAY[16.55, 16.40, 16.28, 16.30, 16.52, 16.22])[town] + away * sin(turn) * 0.015), 4326)
      ELSE a.geom END AS geom
  FROM drawn d LEFT JOIN anywhere a ON a.k = d.k;
-- In parts, for what a statement writes is held until its triggers have seen it.
DO $$ BEGIN
  FOR part IN 0 .. current_setting('bench.rows')::int - 1 BY 500000 LOOP
    INSERT INTO reports (id, label, geom, position_accuracy_m, unit_id, agency_code, source, record_key, observed_at, version_at, versions, updated_at,
        search, service_request_id, service_code, service_name, report_category, report_status, open311_status, description, requested_at,
        status_updated_at, expected_at, resolved_at, satisfaction, agency_responsible_code, channel)
      SELECT 'report:' || number, title, geom, 10, unit_id, 'H57.02', 'bench', number, at, changed, jsonb_build_object('row', changed), changed,
        fold(title || ' ' || name || ' ' || title), number, code, name, category, status, CASE WHEN closed THEN 'CLOSED' ELSE 'OPEN' END, title, at,
        changed, at + interval '7 days', CASE WHEN closed THEN changed END, CASE WHEN status = 'RATED' THEN 'SATISFIED' END, agency, channel
      FROM (
        SELECT s.i, s.geom, s.at, s.at + s.took AS changed, u.id AS unit_id, 'PA-' || lpad(s.i::text, greatest(7, length(s.i::text)), '0') AS number, v.code, v.name, v.category, v.agency,
          v.name || ' tại khu vực ' || s.i % 997 AS title, w.status, w.closed, (ARRAY['APP', 'APP', 'APP', 'HOTLINE', 'WEB'])[1 + s.i % 5] AS channel
        FROM (SELECT * FROM spots WHERE i > part AND i <= part + 500000) s
        JOIN (VALUES
          (1, 'FLOODING', 'Ngập nước', 'DISASTER', 'H57.05'), (2, 'ROAD_DAMAGE', 'Hư hỏng mặt đường', 'INFRASTRUCTURE', 'H57.05'),
          (3, 'LIGHTING', 'Chiếu sáng công cộng', 'INFRASTRUCTURE', 'H57.05'), (4, 'WASTE', 'Rác thải', 'ENVIRONMENT', 'H57.12'),
          (5, 'NOISE', 'Tiếng ồn', 'ENVIRONMENT', 'H57.12'), (6, 'TRAFFIC', 'Ùn tắc giao thông', 'TRAFFIC', 'H57.05'),
          (7, 'TREE', 'Cây xanh', 'INFRASTRUCTURE', 'H57.05'), (8, 'WATER', 'Cấp nước', 'UTILITIES', 'H57.05'),
          (9, 'POWER', 'Điện', 'UTILITIES', 'H57.05'), (10, 'SIDEWALK', 'Vỉa hè', 'PUBLIC_ORDER', 'H57.02'),
          (11, 'PARKING', 'Đỗ xe', 'TRAFFIC', 'H57.05'), (12, 'SECURITY', 'An ninh trật tự', 'PUBLIC_ORDER', 'H57.02')
        ) v (n, code, name, category, agency) ON v.n = s.service
        JOIN (VALUES
          (0, 'RECEIVED', false), (1, 'VERIFYING', false), (2, 'ASSIGNED', false), (3, 'IN_PROGRESS', false), (4, 'REOPENED', false),
          (5, 'REJECTED', true), (6, 'RESOLVED', true), (7, 'PUBLISHED', true), (8, 'RATED', true), (9, 'CLOSED', true)
        ) w (n, status, closed) ON w.n = least(9, floor(s.step * 10))::int
        LEFT JOIN LATERAL ( -- as unit_of has it
          SELECT u.id FROM units u
          WHERE u.kind = 'COMMUNE' AND u.valid_from <= (s.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
            AND (u.valid_to IS NULL OR (s.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date < u.valid_to) AND ST_Covers(u.geom, s.geom)
          ORDER BY u.code COLLATE "C" LIMIT 1
        ) u ON true
      ) r
      ORDER BY i;
    RAISE NOTICE 'reports %', least(part + 500000, current_setting('bench.rows')::int);
  END LOOP;
END $$;

DO $$ BEGIN RAISE NOTICE 'cameras and vessels'; END $$;
INSERT INTO cameras (id, label, geom, unit_id, agency_code, source, record_key, observed_at, version_at, versions, updated_at, search,
    camera_kind, camera_status, road_name, height_m, azimuth_deg, fov_deg, range_m, onvif_profile, last_seen_at)
  SELECT 'camera:CAM-' || i, 'Camera ' || i, geom, unit_of(geom, at::date), 'H57.02', 'bench', 'CAM-' || i, at, at, jsonb_build_object('row', at), at,
    fold('Camera ' || i || ' Đường ' || i % 211), (ARRAY['FIXED', 'PTZ', 'LICENSE_PLATE', 'WATER_GAUGE'])[1 + i % 4],
    CASE WHEN random() < 0.1 THEN 'OFFLINE' ELSE 'ONLINE' END, 'Đường ' || i % 211, 6, i * 37 % 360, 90, 80, 'S T', at
  FROM (SELECT i, timestamptz '2026-06-30 17:00+07' AS at,
      ST_SetSRID(ST_MakePoint(107.59 + (random() + random() + random() - 1.5) * 0.25, 16.46 + (random() + random() + random() - 1.5) * 0.18), 4326) AS geom
    FROM generate_series(1, 2000) i) c;

CREATE TEMP TABLE fleet ON COMMIT DROP AS
  SELECT i, 'vessel:TTH-' || (90000 + i) || '-TS' AS id, 'TTH-' || (90000 + i) || '-TS' AS registration,
    107.5 + random() * 0.7 AS lon, 16.3 + random() * 0.5 AS lat
  FROM generate_series(1, 5000) i;
-- Each minute's positions of all vessels lie together, as they would have come in.
DO $$ BEGIN RAISE NOTICE 'positions'; END $$;
SELECT ensure_months('vessel_positions', '2026-06-29 00:00+07', '2026-06-30 23:59+07');
INSERT INTO vessel_positions (feature_id, at, geom, speed_kn, course_deg, position_source, recorded_at)
  SELECT f.id, t.at, ST_SetSRID(ST_MakePoint(f.lon + 0.02 * cos(m / 80.0 + f.i), f.lat + 0.02 * sin(m / 80.0 + f.i)), 4326),
    round((random() * 14)::numeric, 1)::float8, round((random() * 359.9)::numeric, 1)::float8, 'AIS', t.at
  FROM generate_series(1, 1000) m, LATERAL (SELECT timestamptz '2026-06-30 00:00+07' + m * interval '1 minute' AS at) t, fleet f;
INSERT INTO vessels (id, label, geom, unit_id, agency_code, source, record_key, observed_at, version_at, versions, updated_at, sharing, search,
    registration, mmsi, vessel_name, vessel_status, gear, vessel_class, length_m, engine_power_kw, speed_kn, course_deg, last_signal_at, position_source)
  SELECT f.id, f.registration, p.geom, unit_of(p.geom, p.at::date), 'H57.12', 'bench', f.registration, p.at, p.at, jsonb_build_object('row', p.at), p.at, 1,
    fold(f.registration), f.registration, (574000000 + f.i)::text, f.registration, 'FISHING',
    (ARRAY['TRAWL', 'PURSE_SEINE', 'GILLNET', 'LONGLINE'])[1 + f.i % 4], 'OFFSHORE', 16, 200, p.speed_kn, p.course_deg, p.at, 'AIS'
  FROM fleet f JOIN vessel_positions p ON p.feature_id = f.id AND p.at = timestamptz '2026-06-30 00:00+07' + interval '1000 minutes';

DO $$ DECLARE s record; BEGIN
  FOR s IN SELECT * FROM set_aside LOOP
    RAISE NOTICE 'index %', s.name;
    EXECUTE s.made;
  END LOOP;
END $$;
