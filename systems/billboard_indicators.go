package systems

import "geohub/layer"

// billboardIndicators lead the service of billboards.
var billboardIndicators = []layer.IndicatorSpec{
	{
		ID: "billboards.onlineShare", Layer: Billboards.System, Statistic: layer.IndicatorShare, Unit: "1",
		Title:      layer.Title{VI: "Tỷ lệ màn hình hoạt động", EN: "Screens at work"},
		Definition: layer.Title{VI: "Trong số màn hình LED, LCD được phép hoạt động, phần đang phát.", EN: "Of the LED and LCD screens that may show something, the part that does."},
		Of:         `{billboardKind: {in: [LED, LCD]}, billboardStatus: {in: [ACTIVE, OFFLINE]}}`,
		Part:       `{billboardStatus: {eq: ACTIVE}}`,
	},
	{
		ID: "billboards.permittedShare", Layer: Billboards.System, Statistic: layer.IndicatorShare, Unit: "1",
		Title:      layer.Title{VI: "Tỷ lệ bảng có phép", EN: "Billboards with a permit"},
		Definition: layer.Title{VI: "Trong số bảng quảng cáo, phần có giấy phép còn hạn hôm nay.", EN: "Of the billboards, the part whose permit holds today."},
		Part:       `{permitted: true}`,
	},
	{
		ID: "billboards.permitEnding", Layer: Billboards.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Giấy phép sắp hết hạn", EN: "Permits about to end"},
		Definition: layer.Title{VI: "Số bảng quảng cáo có giấy phép hết hạn trong 30 ngày tới.", EN: "How many billboards have a permit that ends within 30 days."},
		Part:       `{permitEnding: true}`,
	},
	{
		ID: "billboards.unapproved", Layer: Billboards.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Nội dung chưa duyệt", EN: "Content not approved"},
		Definition: layer.Title{VI: "Số bảng hiện hiển thị nội dung chưa được duyệt.", EN: "How many billboards show something now that was not approved."},
		Part:       `{creativeApproved: {eq: false}}`,
	},
	{
		ID: "billboards.unpermittedShowing", Layer: Billboards.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Bảng hoạt động không phép", EN: "Billboards without a permit"},
		Definition: layer.Title{VI: "Số bảng không có giấy phép còn hạn mà chưa bị đình chỉ.", EN: "How many billboards have no permit that holds and were not ordered to stop."},
		Part:       `{permitted: false, billboardStatus: {notIn: [SUSPENDED]}}`,
	},
}
