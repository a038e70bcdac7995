package systems

import "geohub/layer"

// securityIncidentIndicators lead the service of network security. By when incidents were opened.
var securityIncidentIndicators = []layer.IndicatorSpec{
	{
		ID: "securityIncidents.opened", Layer: SecurityIncidents.System, Statistic: layer.IndicatorCount, Unit: "1", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Sự cố an toàn thông tin", EN: "Incidents opened"},
		Definition: layer.Title{VI: "Số sự cố an toàn thông tin mở trong kỳ, trừ sự cố được xác định là vô hại.", EN: "How many incidents of network security were opened during the time, those left out that were found to be harmless."},
		Of:         `{incidentStatus: {notIn: [SUPPRESSED]}}`,
	},
	{
		ID: "securityIncidents.open", Layer: SecurityIncidents.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Sự cố đang mở", EN: "Incidents open"},
		Definition: layer.Title{VI: "Số sự cố hiện chưa xử lý xong.", EN: "How many incidents are not dealt with now."},
		Part:       `{incidentStatus: {in: [NEW, IN_PROGRESS]}}`,
	},
	{
		ID: "securityIncidents.openSevere", Layer: SecurityIncidents.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Sự cố nghiêm trọng đang mở", EN: "Severe incidents open"},
		Definition: layer.Title{VI: "Số sự cố mức cao trở lên hiện chưa xử lý xong.", EN: "How many incidents of high severity and above are not dealt with now."},
		Part:       `{incidentStatus: {in: [NEW, IN_PROGRESS]}, incidentSeverity: {in: [HIGH, CRITICAL, FATAL]}}`,
	},
	{
		ID: "securityIncidents.containMean", Layer: SecurityIncidents.System, Statistic: layer.IndicatorMean, Unit: "h", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Thời gian cô lập trung bình", EN: "Time to contain, on average"},
		Definition: layer.Title{VI: "Số giờ trung bình từ khi mở đến khi cô lập, của sự cố mở trong kỳ và đã cô lập.", EN: "Hours from opening to containing on average, of the incidents opened during the time that are contained."},
		Amount:     layer.Amount{Plus: []string{"containedAt"}, Less: "openedAt"},
	},
	{
		ID: "securityIncidents.resolveMean", Layer: SecurityIncidents.System, Statistic: layer.IndicatorMean, Unit: "h", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Thời gian xử lý trung bình (MTTR)", EN: "Time to resolve, on average (MTTR)"},
		Definition: layer.Title{VI: "Số giờ trung bình từ khi mở đến khi xử lý xong, của sự cố mở trong kỳ và đã xử lý xong.", EN: "Hours from opening to resolving on average, of the incidents opened during the time that are resolved."},
		Amount:     layer.Amount{Plus: []string{"resolvedAt"}, Less: "openedAt"},
	},
	{
		ID: "securityIncidents.reportedShare", Layer: SecurityIncidents.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Tỷ lệ sự cố nghiêm trọng đã báo cáo quốc gia", EN: "Severe incidents reported nationally"},
		Definition: layer.Title{VI: "Trong số sự cố mức cao trở lên mở trong kỳ, phần đã báo cáo trung tâm giám sát quốc gia.", EN: "Of the incidents of high severity and above opened during the time, the part reported to the national monitoring centre."},
		Of:         `{incidentSeverity: {in: [HIGH, CRITICAL, FATAL]}}`,
		Part:       `{reportedToNationalAt: {from: "1970-01-01T00:00:00Z"}}`,
	},
}
