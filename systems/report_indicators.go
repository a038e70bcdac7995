package systems

import "geohub/layer"

var reportIndicators = []layer.IndicatorSpec{
	{
		ID: "reports.received", Layer: Reports.System, Statistic: layer.IndicatorCount, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Phản ánh tiếp nhận", EN: "Reports received"},
		Definition: layer.Title{VI: "Số phản ánh gửi đến trong kỳ, kể cả những phản ánh bị từ chối.", EN: "How many reports came in during the time, rejected ones among them."},
	},
	{
		ID: "reports.handledShare", Layer: Reports.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Tỷ lệ phản ánh đã xử lý", EN: "Reports handled"},
		Definition: layer.Title{VI: "Trong số phản ánh gửi đến trong kỳ và không bị từ chối, phần đã xử lý xong.", EN: "Of the reports that came in during the time and were not rejected, the part that is dealt with."},
		Of:         `{reportStatus: {notIn: [REJECTED]}}`,
		Part:       `{open311Status: {eq: CLOSED}}`,
	},
	{
		ID: "reports.resolutionMedian", Layer: Reports.System, Statistic: layer.IndicatorMedian, Unit: "h", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Thời gian xử lý (trung vị)", EN: "Time to resolve (median)"},
		Definition: layer.Title{VI: "Một nửa số phản ánh gửi đến trong kỳ và đã xử lý xong mất không quá ngần này giờ, kể từ lúc gửi.", EN: "Half of the reports that came in during the time and are resolved took no longer than this, from when they were made."},
		Amount:     layer.Amount{Plus: []string{"resolvedAt"}, Less: "requestedAt"},
	},
}
