package systems

import "geohub/layer"

// alertIndicators lead the service of warnings. A warning counts in each unit that its area meets.
var alertIndicators = []layer.IndicatorSpec{
	{
		ID: "alerts.active", Layer: Alerts.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Cảnh báo đang hiệu lực", EN: "Warnings in force"},
		Definition: layer.Title{VI: "Số cảnh báo đang có hiệu lực.", EN: "How many warnings are in force now."},
		Part:       `{active: true}`,
	},
	{
		ID: "alerts.activeSevere", Layer: Alerts.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Cảnh báo nghiêm trọng đang hiệu lực", EN: "Severe warnings in force"},
		Definition: layer.Title{VI: "Số cảnh báo đang có hiệu lực ở mức nghiêm trọng hoặc đặc biệt nghiêm trọng.", EN: "How many warnings of severe or extreme danger are in force now."},
		Part:       `{active: true, severity: {in: [SEVERE, EXTREME]}}`,
	},
	{
		ID: "alerts.issued", Layer: Alerts.System, Statistic: layer.IndicatorCount, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Cảnh báo đã phát", EN: "Warnings issued"},
		Definition: layer.Title{VI: "Số bản tin cảnh báo mới và cập nhật phát trong kỳ, không kể diễn tập và thử nghiệm.", EN: "How many new warnings and updates were sent during the time, exercises and tests left out."},
		Of:         `{alertStatus: {eq: ACTUAL}, msgType: {in: [ALERT, UPDATE]}}`,
	},
	{
		ID: "alerts.leadMedian", Layer: Alerts.System, Statistic: layer.IndicatorMedian, Unit: "h", Period: true,
		Title:      layer.Title{VI: "Thời gian báo trước (trung vị)", EN: "Lead time (median)"},
		Definition: layer.Title{VI: "Một nửa số bản tin phát trong kỳ được phát trước khi sự kiện dự kiến xảy ra ít nhất ngần này giờ.", EN: "Half of the warnings sent during the time came this long or longer before what they warn of was expected."},
		Of:         `{alertStatus: {eq: ACTUAL}, msgType: {in: [ALERT, UPDATE]}}`,
		Amount:     layer.Amount{Plus: []string{"onsetAt"}, Less: "sentAt"},
	},
	{
		ID: "alerts.cancelledShare", Layer: Alerts.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Tỷ lệ bản tin hủy", EN: "Warnings cancelled"},
		Definition: layer.Title{VI: "Trong số bản tin phát trong kỳ, phần là bản tin hủy cảnh báo trước đó.", EN: "Of the messages sent during the time, the part that cancels an earlier warning."},
		Of:         `{alertStatus: {eq: ACTUAL}, msgType: {in: [ALERT, UPDATE, CANCEL]}}`,
		Part:       `{msgType: {eq: CANCEL}}`,
	},
}
