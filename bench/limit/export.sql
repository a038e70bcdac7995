COPY (
  SELECT f.id, f.label, f.observed_at, f.updated_at, f.service_request_id, f.service_code, f.service_name, f.report_category, f.report_status,
    f.open311_status, f.status_notes, f.description, f.address_string, f.requested_at, f.status_updated_at, f.expected_at, f.resolved_at,
    f.satisfaction, f.agency_responsible_code, f.channel, f.first_name, f.last_name, f.email, f.phone, f.account_id, f.device_id, ST_AsText(f.geom)
  FROM reports f
  ORDER BY f.id
) TO STDOUT (FORMAT csv, HEADER)
