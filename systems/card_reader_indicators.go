package systems

import "geohub/layer"

// leastCards is the smallest number of uses of cards that is told.
const leastCards = 10

// cardReaderIndicators lead the service of electronic cards.
var cardReaderIndicators = []layer.IndicatorSpec{
	{
		ID: "cardReaders.onlineShare", Layer: CardReaders.System, Statistic: layer.IndicatorShare, Unit: "1",
		Title:      layer.Title{VI: "Tỷ lệ đầu đọc hoạt động", EN: "Card readers at work"},
		Definition: layer.Title{VI: "Trong số đầu đọc thẻ, phần đang hoạt động.", EN: "Of the card readers, the part that works now."},
		Part:       `{readerStatus: {eq: ONLINE}}`,
	},
	{
		ID: "cardReaders.acceptance", Layer: CardReaders.System, Statistic: layer.IndicatorCount, Unit: "1",
		Title:      layer.Title{VI: "Điểm chấp nhận thanh toán", EN: "Points of payment"},
		Definition: layer.Title{VI: "Số đầu đọc nhận thanh toán bằng thẻ.", EN: "How many readers take payments by card."},
		Part:       `{acceptsPayment: {eq: true}}`,
	},
	{
		ID: "cardReaders.granted24h", Layer: CardReaders.System, Statistic: layer.IndicatorSum, Unit: "1", Least: leastCards,
		Title:      layer.Title{VI: "Lượt thẻ 24 giờ", EN: "Cards let through in 24 h"},
		Definition: layer.Title{VI: "Tổng lượt thẻ được chấp nhận trong 24 giờ qua.", EN: "How often cards were let through in the last 24 hours."},
		Amount:     layer.Amount{Plus: []string{"granted24h"}},
	},
	{
		ID: "cardReaders.payments24h", Layer: CardReaders.System, Statistic: layer.IndicatorSum, Unit: "1", Least: leastCards,
		Title:      layer.Title{VI: "Lượt thanh toán 24 giờ", EN: "Payments in 24 h"},
		Definition: layer.Title{VI: "Tổng lượt thanh toán bằng thẻ trong 24 giờ qua.", EN: "How often cards paid in the last 24 hours."},
		Of:         `{acceptsPayment: {eq: true}}`,
		Amount:     layer.Amount{Plus: []string{"payments24h"}},
	},
	{
		ID: "cardReaders.deniedShare", Layer: CardReaders.System, Statistic: layer.IndicatorRatio, Unit: "1", LowerIsBetter: true, Least: leastCards,
		Title:      layer.Title{VI: "Tỷ lệ thẻ bị từ chối", EN: "Cards turned away"},
		Definition: layer.Title{VI: "Trong số lượt thẻ trong 24 giờ qua, phần bị từ chối.", EN: "Of the times that cards were held to a reader in the last 24 hours, the part that was turned away."},
		Amount:     layer.Amount{Plus: []string{"denied24h"}},
		Per:        layer.Amount{Plus: []string{"granted24h", "denied24h"}},
	},
}
