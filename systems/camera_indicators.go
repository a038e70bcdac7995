package systems

import "geohub/layer"

// cameraIndicators lead the service of cameras.
var cameraIndicators = []layer.IndicatorSpec{
	{
		ID: "cameras.onlineShare", Layer: Cameras.System, Statistic: layer.IndicatorShare, Unit: "1",
		Title:      layer.Title{VI: "Tỷ lệ camera hoạt động", EN: "Cameras at work"},
		Definition: layer.Title{VI: "Trong số camera không bảo trì, phần đang hoạt động.", EN: "Of the cameras that are not being serviced, the part that works now."},
		Of:         `{cameraStatus: {notIn: [MAINTENANCE]}}`,
		Part:       `{cameraStatus: {eq: ONLINE}}`,
	},
	{
		ID: "cameras.tampered", Layer: Cameras.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Camera bị che, xoay lệch", EN: "Cameras tampered with"},
		Definition: layer.Title{VI: "Số camera hiện bị che hoặc bị xoay lệch.", EN: "How many cameras stand turned away or covered now."},
		Part:       `{cameraStatus: {eq: TAMPERED}}`,
	},
	{
		ID: "cameraEvents.detected", Layer: CameraEvents.System, Statistic: layer.IndicatorCount, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Sự kiện camera", EN: "Camera events"},
		Definition: layer.Title{VI: "Số sự kiện mà camera ghi nhận trong kỳ, chưa kể kết quả xác minh.", EN: "How many events cameras took notice of during the time, whatever was found of them."},
	},
	{
		ID: "cameraEvents.severe", Layer: CameraEvents.System, Statistic: layer.IndicatorCount, Unit: "1", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Sự kiện camera nghiêm trọng", EN: "Grave camera events"},
		Definition: layer.Title{VI: "Số sự kiện mức cao hoặc nghiêm trọng mà camera ghi nhận trong kỳ, trừ sự kiện báo nhầm.", EN: "How many events of high or critical gravity cameras took notice of during the time, those left out that proved false."},
		Part:       `{eventSeverity: {in: [HIGH, CRITICAL]}, verification: {notIn: [FALSE_POSITIVE]}}`,
	},
	{
		ID: "cameraEvents.verifiedShare", Layer: CameraEvents.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Tỷ lệ sự kiện đã xác minh", EN: "Events verified"},
		Definition: layer.Title{VI: "Trong số sự kiện camera trong kỳ, phần đã có người xác minh.", EN: "Of the events of the time, the part that a person has looked at."},
		Part:       `{verification: {in: [TRUE_POSITIVE, FALSE_POSITIVE]}}`,
	},
	{
		ID: "cameraEvents.falseShare", Layer: CameraEvents.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Tỷ lệ báo nhầm", EN: "False alarms"},
		Definition: layer.Title{VI: "Trong số sự kiện camera trong kỳ đã xác minh, phần là báo nhầm.", EN: "Of the events of the time that a person has looked at, the part that proved false."},
		Of:         `{verification: {in: [TRUE_POSITIVE, FALSE_POSITIVE]}}`,
		Part:       `{verification: {eq: FALSE_POSITIVE}}`,
	},
}
