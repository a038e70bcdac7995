package systems

import "geohub/layer"

// damIndicators lead the service of reservoirs and of the environment.
var damIndicators = []layer.IndicatorSpec{
	{
		ID: "dams.storageShare", Layer: Dams.System, Statistic: layer.IndicatorRatio, Unit: "1",
		Title:      layer.Title{VI: "Tỷ lệ trữ nước hồ chứa", EN: "Reservoirs' filling"},
		Definition: layer.Title{VI: "Tổng lượng nước đang trữ so với tổng dung tích ở mực nước dâng bình thường.", EN: "The water that the reservoirs hold together, by what they hold at the normal level."},
		Amount:     layer.Amount{Plus: []string{"storageMcm"}},
		Per:        layer.Amount{Plus: []string{"capacityMcm"}},
	},
	{
		ID: "dams.freeMcm", Layer: Dams.System, Statistic: layer.IndicatorSum, Unit: "hm3",
		Title:      layer.Title{VI: "Dung tích còn trống", EN: "Free volume"},
		Definition: layer.Title{VI: "Tổng dung tích còn trống của các hồ đến mực nước dâng bình thường, triệu m³.", EN: "What the reservoirs can still take up to the normal level together, millions of m³."},
		Amount:     layer.Amount{Plus: []string{"capacityMcm"}, Less: "storageMcm"},
	},
	{
		ID: "dams.netInflow", Layer: Dams.System, Statistic: layer.IndicatorSum, Unit: "m3/s",
		Title:      layer.Title{VI: "Lưu lượng tích vào hồ", EN: "Net inflow"},
		Definition: layer.Title{VI: "Tổng lưu lượng đến trừ tổng lưu lượng xả của các hồ.", EN: "What flows into the reservoirs together, less what they let out."},
		Amount:     layer.Amount{Plus: []string{"inflowM3s"}, Less: "outflowM3s"},
	},
	{
		ID: "dams.releasing", Layer: Dams.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Hồ đang xả lũ, khẩn cấp", EN: "Reservoirs releasing or in emergency"},
		Definition: layer.Title{VI: "Số hồ đang xả lũ, khẩn cấp hoặc có sự cố.", EN: "How many reservoirs are releasing over the spillway, in emergency or have an incident."},
		Part:       `{damStatus: {in: [RELEASING, EMERGENCY, INCIDENT]}}`,
	},
	{
		ID: "stations.aboveAlarm1", Layer: Stations.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Trạm trên báo động 1", EN: "Gauges at alarm I or above"},
		Definition: layer.Title{VI: "Số trạm thủy văn có mực nước từ báo động 1 trở lên.", EN: "How many river gauges with alarm levels stand at level I or above."},
		Of:         `{floodAlarmLevel: {isNull: false}}`,
		Part:       `{floodAlarmLevel: {gte: 1}}`,
	},
	{
		ID: "stations.aboveAlarm3", Layer: Stations.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Trạm trên báo động 3", EN: "Gauges at alarm III"},
		Definition: layer.Title{VI: "Số trạm thủy văn có mực nước từ báo động 3 trở lên.", EN: "How many river gauges with alarm levels stand at level III or above."},
		Of:         `{floodAlarmLevel: {isNull: false}}`,
		Part:       `{floodAlarmLevel: {gte: 3}}`,
	},
	{
		ID: "stations.rainMax", Layer: Stations.System, Statistic: layer.IndicatorMax, Unit: "mm", LowerIsBetter: true,
		Title:      layer.Title{VI: "Mưa 24 giờ lớn nhất", EN: "Most rain in 24 h"},
		Definition: layer.Title{VI: "Lượng mưa 24 giờ lớn nhất trong các trạm.", EN: "The most rain that a station has had in 24 hours."},
		Amount:     layer.Amount{Plus: []string{"rain24hMm"}},
	},
	{
		ID: "stations.aqiMax", Layer: Stations.System, Statistic: layer.IndicatorMax, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "VN_AQI cao nhất", EN: "Worst air (VN_AQI)"},
		Definition: layer.Title{VI: "Chỉ số chất lượng không khí VN_AQI cao nhất trong các trạm đang đo.", EN: "The highest VN_AQI of the stations that are measuring."},
		Of:         `{stationStatus: {eq: MEASURING}}`,
		Amount:     layer.Amount{Plus: []string{"vnAqi"}},
	},
	{
		ID: "stations.wqiMin", Layer: Stations.System, Statistic: layer.IndicatorMin, Unit: "1",
		Title:      layer.Title{VI: "VN_WQI thấp nhất", EN: "Worst water (VN_WQI)"},
		Definition: layer.Title{VI: "Chỉ số chất lượng nước VN_WQI thấp nhất trong các trạm đang đo.", EN: "The lowest VN_WQI of the stations that are measuring."},
		Of:         `{stationStatus: {eq: MEASURING}}`,
		Amount:     layer.Amount{Plus: []string{"vnWqi"}},
	},
	{
		ID: "stations.measuringShare", Layer: Stations.System, Statistic: layer.IndicatorShare, Unit: "1",
		Title:      layer.Title{VI: "Tỷ lệ trạm đang đo", EN: "Stations measuring"},
		Definition: layer.Title{VI: "Trong số trạm quan trắc, phần đang đo bình thường.", EN: "Of the stations, the part that is measuring as it should."},
		Part:       `{stationStatus: {eq: MEASURING}}`,
	},
}
