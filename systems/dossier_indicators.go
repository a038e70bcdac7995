package systems

import "geohub/layer"

// leastDossiers is the smallest number of dossiers that is published.
const leastDossiers = 5

// dossierIndicators lead the service of public administration, in the terms of QĐ 766/QĐ-TTg. By
// when dossiers were handed in.
var dossierIndicators = []layer.IndicatorSpec{
	{
		ID: "dossiers.received", Layer: Dossiers.System, Statistic: layer.IndicatorCount, Unit: "1", Period: true, Least: leastDossiers,
		Title:      layer.Title{VI: "Hồ sơ nộp", EN: "Dossiers handed in"},
		Definition: layer.Title{VI: "Số hồ sơ nộp trong kỳ.", EN: "How many dossiers were handed in during the time."},
	},
	{
		ID: "dossiers.onTimeShare", Layer: Dossiers.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true, Least: leastDossiers,
		Title:      layer.Title{VI: "Tỷ lệ hồ sơ giải quyết đúng hạn", EN: "Dossiers settled on time"},
		Definition: layer.Title{VI: "Trong số hồ sơ nộp trong kỳ đã giải quyết xong hoặc đã quá hạn, phần giải quyết xong trước hạn hoặc đúng hạn.", EN: "Of the dossiers handed in during the time that are settled or overdue, the part settled by the day promised."},
		Of:         `{dossierOutcome: {in: [EARLY, ON_TIME, LATE, IN_PROGRESS_OVERDUE]}}`,
		Part:       `{dossierOutcome: {in: [EARLY, ON_TIME]}}`,
	},
	{
		ID: "dossiers.overdue", Layer: Dossiers.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true, Least: leastDossiers,
		Title:      layer.Title{VI: "Hồ sơ quá hạn", EN: "Dossiers overdue"},
		Definition: layer.Title{VI: "Số hồ sơ hiện đang giải quyết mà đã quá hạn.", EN: "How many dossiers are in work now though the day promised has passed."},
		Part:       `{dossierOutcome: {eq: IN_PROGRESS_OVERDUE}}`,
	},
	{
		ID: "dossiers.onlineShare", Layer: Dossiers.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true, Least: leastDossiers,
		Title:      layer.Title{VI: "Tỷ lệ hồ sơ nộp trực tuyến", EN: "Dossiers handed in online"},
		Definition: layer.Title{VI: "Trong số hồ sơ nộp trong kỳ, phần nộp qua cổng dịch vụ công.", EN: "Of the dossiers handed in during the time, the part that came through the public service portal."},
		Of:         `{dossierChannel: {isNull: false}}`,
		Part:       `{dossierChannel: {eq: ONLINE}}`,
	},
	{
		ID: "dossiers.fullShare", Layer: Dossiers.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true, Least: leastDossiers,
		Title:      layer.Title{VI: "Tỷ lệ hồ sơ toàn trình", EN: "Dossiers of procedures wholly online"},
		Definition: layer.Title{VI: "Trong số hồ sơ nộp trong kỳ, phần thuộc thủ tục làm được toàn trình trên mạng.", EN: "Of the dossiers handed in during the time, the part of procedures that can be done online in full."},
		Of:         `{serviceLevel: {isNull: false}}`,
		Part:       `{serviceLevel: {eq: FULL}}`,
	},
	{
		ID: "dossiers.digitisedShare", Layer: Dossiers.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true, Least: leastDossiers,
		Title:      layer.Title{VI: "Tỷ lệ hồ sơ số hóa", EN: "Dossiers digitised"},
		Definition: layer.Title{VI: "Trong số hồ sơ nộp trong kỳ đã tiếp nhận, phần đã số hóa giấy tờ và kết quả.", EN: "Of the dossiers handed in during the time and taken in, the part whose papers and result were digitised."},
		Of:         `{digitised: {isNull: false}}`,
		Part:       `{digitised: {eq: true}}`,
	},
	{
		ID: "dossiers.paidOnlineShare", Layer: Dossiers.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true, Least: leastDossiers,
		Title:      layer.Title{VI: "Tỷ lệ thanh toán trực tuyến", EN: "Fees paid online"},
		Definition: layer.Title{VI: "Trong số hồ sơ nộp trong kỳ đã biết cách thanh toán, phần thanh toán trực tuyến.", EN: "Of the dossiers handed in during the time of which it is known, the part whose fees were paid online."},
		Of:         `{paidOnline: {isNull: false}}`,
		Part:       `{paidOnline: {eq: true}}`,
	},
	{
		ID: "dossiers.processingMean", Layer: Dossiers.System, Statistic: layer.IndicatorMean, Unit: "h", Period: true, LowerIsBetter: true, Least: leastDossiers,
		Title:      layer.Title{VI: "Thời gian giải quyết trung bình", EN: "Time to settle, on average"},
		Definition: layer.Title{VI: "Số giờ trung bình từ khi tiếp nhận đến khi giải quyết xong, của hồ sơ nộp trong kỳ; kể cả ngày nghỉ và thời gian chờ bổ sung.", EN: "Hours from taking in to settling on average, of the dossiers handed in during the time; days off and waiting for the applicant are in it."},
		Amount:     layer.Amount{Plus: []string{"finishedAt"}, Less: "receivedAt"},
	},
	{
		ID: "dossiers.ratingMean", Layer: Dossiers.System, Statistic: layer.IndicatorMean, Unit: "1", Period: true, Least: leastDossiers,
		Title:      layer.Title{VI: "Điểm hài lòng trung bình", EN: "Rating on average"},
		Definition: layer.Title{VI: "Điểm trung bình, từ 1 đến 5, mà người nộp cho hồ sơ nộp trong kỳ; hệ thống nguồn không tách người dân và doanh nghiệp.", EN: "What applicants gave on average, 1 to 5, for dossiers handed in during the time; the source does not tell citizens from businesses."},
		Amount:     layer.Amount{Plus: []string{"rating"}},
	},
	{
		ID: "offices.waiting", Layer: Offices.System, Statistic: layer.IndicatorSum, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Số người đang chờ một cửa", EN: "People waiting at one-stop offices"},
		Definition: layer.Title{VI: "Tổng số người hiện đang chờ tại bộ phận một cửa.", EN: "How many people wait at one-stop offices now."},
		Amount:     layer.Amount{Plus: []string{"waitingCount"}},
	},
	{
		ID: "offices.openShare", Layer: Offices.System, Statistic: layer.IndicatorShare, Unit: "1",
		Title:      layer.Title{VI: "Tỷ lệ một cửa đang phục vụ", EN: "One-stop offices open"},
		Definition: layer.Title{VI: "Trong số bộ phận một cửa đã biết trạng thái, phần đang phục vụ.", EN: "Of the one-stop offices whose state is known, the part that is open now."},
		Of:         `{officeStatus: {notIn: [UNKNOWN]}}`,
		Part:       `{officeStatus: {eq: OPEN}}`,
	},
}
