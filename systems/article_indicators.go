package systems

import "geohub/layer"

// articleIndicators lead the service of the press.
var articleIndicators = []layer.IndicatorSpec{
	{
		ID: "articles.published", Layer: Articles.System, Statistic: layer.IndicatorCount, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Bài báo về địa phương", EN: "Articles published"},
		Definition: layer.Title{VI: "Số bài báo đăng trong kỳ về địa phương.", EN: "How many articles about the province appeared during the time."},
	},
	{
		ID: "articles.negativeShare", Layer: Articles.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true, LowerIsBetter: true,
		Title:      layer.Title{VI: "Tỷ lệ bài tiêu cực", EN: "Negative articles"},
		Definition: layer.Title{VI: "Trong số bài báo đăng trong kỳ đã đánh giá sắc thái, phần tiêu cực.", EN: "Of the articles of the time whose tone was judged, the part that is disapproving."},
		Of:         `{sentiment: {isNull: false}}`,
		Part:       `{sentiment: {eq: NEGATIVE}}`,
	},
	{
		ID: "articles.sentimentMean", Layer: Articles.System, Statistic: layer.IndicatorMean, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Điểm sắc thái trung bình", EN: "Tone on average"},
		Definition: layer.Title{VI: "Điểm sắc thái trung bình của các bài báo đăng trong kỳ, từ -1 (tiêu cực) đến 1 (tích cực).", EN: "The tone of the articles of the time on average, from -1 (negative) to 1 (positive)."},
		Amount:     layer.Amount{Plus: []string{"sentimentScore"}},
	},
	{
		ID: "articles.reach", Layer: Articles.System, Statistic: layer.IndicatorSum, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Lượt tiếp cận báo chí", EN: "Reach of the press"},
		Definition: layer.Title{VI: "Tổng lượt tiếp cận ước tính của các bài báo đăng trong kỳ.", EN: "How many readers the articles of the time are thought to have reached, together."},
		Amount:     layer.Amount{Plus: []string{"reach"}},
	},
	{
		ID: "articles.answeredShare", Layer: Articles.System, Statistic: layer.IndicatorShare, Unit: "1", Period: true,
		Title:      layer.Title{VI: "Tỷ lệ bài báo đã phản hồi", EN: "Articles answered"},
		Definition: layer.Title{VI: "Trong số bài báo đăng trong kỳ cần phản hồi trước một thời hạn, phần đã phản hồi hoặc đã đóng.", EN: "Of the articles of the time that were to be answered by a set time, the part that is answered or done with."},
		Of:         `{handlingDueAt: {from: "1970-01-01T00:00:00Z"}}`,
		Part:       `{handlingStatus: {in: [ANSWERED, CLOSED]}}`,
	},
	{
		ID: "articles.unanswered", Layer: Articles.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Bài báo chờ phản hồi", EN: "Articles waiting for an answer"},
		Definition: layer.Title{VI: "Số bài báo đã chuyển cơ quan xử lý mà hiện chưa phản hồi.", EN: "How many articles an agency was asked about and has not answered yet."},
		Part:       `{handlingStatus: {in: [FORWARDED, VERIFYING]}}`,
	},
	{
		ID: "articles.overdue", Layer: Articles.System, Statistic: layer.IndicatorCount, Unit: "1", LowerIsBetter: true,
		Title:      layer.Title{VI: "Bài báo quá hạn phản hồi", EN: "Articles overdue"},
		Definition: layer.Title{VI: "Số bài báo hiện chưa phản hồi mà đã quá hạn.", EN: "How many articles are not answered now though the time set for it has passed."},
		Part:       `{overdue: true}`,
	},
}
