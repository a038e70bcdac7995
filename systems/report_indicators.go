package systems

import "geohub/layer"

// reportIndicators lead the service of field reports. By when reports came in.
var reportIndicators = []layer.IndicatorSpec{
	{
		ID: "reports.received", Layer: Reports.System, Statistic: layer.IndicatorCount, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Phản ánh tiếp nhận", EN: "Reports received"},
		Definition: layer.Title{VI: "Số phản ánh gửi đến trong kỳ, kể cả phản ánh bị từ chối.", EN: "How many reports came in during the time, rejected ones among them."},
	},
	{
		ID: "reports.rejectedShare", Layer: Reports.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Tỷ lệ phản ánh bị từ chối", EN: "Reports rejected"},
		Definition: layer.Title{VI: "Trong số phản ánh gửi đến trong kỳ, phần bị từ chối vì không đúng, không rõ hoặc không thuộc phạm vi.", EN: "Of the reports that came in during the time, the part that was rejected: not true, not clear, or not for the service."},
		Part:       `{reportStatus: {eq: REJECTED}}`,
	},
	{
		ID: "reports.handledShare", Layer: Reports.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Tỷ lệ phản ánh đã xử lý", EN: "Reports handled"},
		Definition: layer.Title{VI: "Trong số phản ánh gửi đến trong kỳ và không bị từ chối, phần đã xử lý xong.", EN: "Of the reports that came in during the time and were not rejected, the part that is dealt with."},
		Of:         `{reportStatus: {notIn: [REJECTED]}}`,
		Part:       `{open311Status: {eq: CLOSED}}`,
	},
	{
		ID: "reports.onTimeShare", Layer: Reports.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Tỷ lệ phản ánh xử lý đúng hạn", EN: "Reports handled on time"},
		Definition: layer.Title{VI: "Trong số phản ánh gửi đến trong kỳ đã xử lý xong hoặc đã quá hạn, phần được xử lý xong trong hạn.", EN: "Of the reports that came in during the time and are resolved or past the time set for them, the part that was resolved in time."},
		Of:         `{reportStatus: {notIn: [REJECTED]}, or: [{onTime: true}, {late: true}]}`,
		Part:       `{onTime: true}`,
	},
	{
		ID: "reports.resolutionMedian", Layer: Reports.System, Statistic: layer.IndicatorMedian, Unit: "h", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Thời gian xử lý phản ánh (trung vị)", EN: "Time to resolve a report (median)"},
		Definition: layer.Title{VI: "Một nửa số phản ánh gửi đến trong kỳ và đã xử lý xong mất không quá ngần này giờ, tính từ lúc gửi.", EN: "Half of the reports that came in during the time and are resolved took no longer than this, from when they were made."},
		Amount:     layer.Amount{Plus: []string{"resolvedAt"}, Less: "requestedAt"},
	},
	{
		ID: "reports.resolutionP90", Layer: Reports.System, Statistic: layer.IndicatorP90, Unit: "h", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Thời gian xử lý phản ánh (90%)", EN: "Time to resolve a report (nine in ten)"},
		Definition: layer.Title{VI: "Chín phần mười số phản ánh gửi đến trong kỳ và đã xử lý xong mất không quá ngần này giờ, tính từ lúc gửi.", EN: "Nine of ten reports that came in during the time and are resolved took no longer than this, from when they were made."},
		Amount:     layer.Amount{Plus: []string{"resolvedAt"}, Less: "requestedAt"},
	},
	{
		ID: "reports.satisfiedShare", Layer: Reports.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Tỷ lệ người dân hài lòng", EN: "Citizens satisfied"},
		Definition: layer.Title{VI: "Trong số phản ánh gửi đến trong kỳ và được người phản ánh đánh giá, phần được đánh giá hài lòng.", EN: "Of the reports that came in during the time and that their reporters rated, the part rated as satisfied."},
		Of:         `{satisfaction: {isNull: false}}`,
		Part:       `{satisfaction: {eq: SATISFIED}}`,
	},
	{
		ID: "reports.reopenedShare", Layer: Reports.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Tỷ lệ phản ánh mở lại", EN: "Reports opened again"},
		Definition: layer.Title{VI: "Trong số phản ánh gửi đến trong kỳ và không bị từ chối, phần đang được mở lại vì kết quả chưa đạt.", EN: "Of the reports that came in during the time and were not rejected, the part that stands opened again, because the result did not hold."},
		Of:         `{reportStatus: {notIn: [REJECTED]}}`,
		Part:       `{reportStatus: {eq: REOPENED}}`,
	},
	{
		ID: "reports.open", Layer: Reports.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Phản ánh đang mở", EN: "Reports open"},
		Definition: layer.Title{VI: "Số phản ánh hiện chưa xử lý xong.", EN: "How many reports are not dealt with now."},
		Part:       `{open311Status: {eq: OPEN}}`,
	},
	{
		ID: "reports.overdue", Layer: Reports.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Phản ánh quá hạn", EN: "Reports overdue"},
		Definition: layer.Title{VI: "Số phản ánh hiện chưa xử lý xong mà đã quá hạn.", EN: "How many reports are not dealt with now though their time has passed."},
		Part:       `{open311Status: {eq: OPEN}, late: true}`,
	},
}
