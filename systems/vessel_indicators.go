package systems

import "geohub/layer"

// vesselIndicators lead the service of fishing vessels. A vessel at sea lies in no unit.
var vesselIndicators = []layer.IndicatorSpec{
	{
		ID: "vessels.atSea", Layer: Vessels.System, Statistic: layer.IndicatorCount, Unit: "1",
		Title:      layer.Title{VI: "Tàu đang trên biển", EN: "Vessels at sea"},
		Definition: layer.Title{VI: "Số tàu hiện ở ngoài cảng.", EN: "How many vessels are away from port now."},
		Part:       `{vesselStatus: {in: [SAILING, FISHING, LOST_SIGNAL, BOUNDARY, DISTRESS]}}`,
	},
	{
		ID: "vessels.connectedShare", Layer: Vessels.System, Statistic: layer.IndicatorShare, Unit: "1",
		Title:      layer.Title{VI: "Tỷ lệ tàu giữ kết nối", EN: "Vessels connected"},
		Definition: layer.Title{VI: "Trong số tàu ngoài cảng, phần có tín hiệu trong 6 giờ qua.", EN: "Of the vessels away from port, the part heard of in the last six hours."},
		Of:         `{vesselStatus: {in: [SAILING, FISHING, LOST_SIGNAL, BOUNDARY, DISTRESS]}}`,
		Part:       `{silent6h: false}`,
	},
	{
		ID: "vessels.silent6h", Layer: Vessels.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Tàu mất tín hiệu trên 6 giờ", EN: "Vessels silent for six hours"},
		Definition: layer.Title{VI: "Số tàu ngoài cảng mất tín hiệu từ 6 giờ trở lên: phải báo vị trí (Nghị định 37/2024).", EN: "How many vessels away from port were not heard of for six hours or more: they are to report by hand (Decree 37/2024)."},
		Part:       `{silent6h: true}`,
	},
	{
		ID: "vessels.silent24h", Layer: Vessels.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Tàu mất tín hiệu trên 24 giờ", EN: "Vessels silent for a day"},
		Definition: layer.Title{VI: "Số tàu ngoài cảng mất tín hiệu từ 24 giờ trở lên.", EN: "How many vessels away from port were not heard of for 24 hours or more."},
		Part:       `{silent24h: true}`,
	},
	{
		ID: "vessels.silent10d", Layer: Vessels.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Tàu mất tín hiệu trên 10 ngày", EN: "Vessels silent for ten days"},
		Definition: layer.Title{VI: "Số tàu ngoài cảng mất tín hiệu từ 10 ngày trở lên: lẽ ra đã phải về bờ sửa thiết bị (Nghị định 37/2024).", EN: "How many vessels away from port were not heard of for ten days or more: they were to return for repair (Decree 37/2024)."},
		Part:       `{silent10d: true}`,
	},
	{
		ID: "vessels.boundary", Layer: Vessels.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Tàu gần hoặc vượt ranh giới", EN: "Vessels at the boundary"},
		Definition: layer.Title{VI: "Số tàu hiện gần hoặc vượt ranh giới vùng biển được phép.", EN: "How many vessels are near the boundary of the waters they may fish in now, or over it."},
		Part:       `{vesselStatus: {eq: BOUNDARY}}`,
	},
	{
		ID: "vessels.distress", Layer: Vessels.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Tàu gặp nạn", EN: "Vessels in distress"},
		Definition: layer.Title{VI: "Số tàu hiện báo gặp nạn.", EN: "How many vessels call for help now."},
		Part:       `{vesselStatus: {eq: DISTRESS}}`,
	},
	{
		ID: "vessels.unlicensedAtSea", Layer: Vessels.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Tàu hết hạn giấy phép trên biển", EN: "Vessels at sea without a licence"},
		Definition: layer.Title{VI: "Số tàu hiện ở ngoài cảng mà giấy phép khai thác đã hết hạn.", EN: "How many vessels are away from port now though their fishing licence has run out."},
		Of:         `{vesselStatus: {in: [SAILING, FISHING, LOST_SIGNAL, BOUNDARY, DISTRESS]}}`,
		Part:       `{licenceExpired: true}`,
	},
	{
		ID: "vessels.unregistered", Layer: Vessels.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Tàu “3 không”", EN: "Unregistered vessels"},
		Definition: layer.Title{VI: "Số tàu “3 không”: không đăng ký, không đăng kiểm, không giấy phép.", EN: "How many vessels are not registered, not inspected and not licensed."},
		Part:       `{unregistered: {eq: true}}`,
	},
}
