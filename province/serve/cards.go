package serve

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"geohub/province"
	"geohub/systems"
)

// cardsService is the card system: the list of its readers, and each use of a
// card as it happens.
func cardsService() service {
	return service{name: "cards", handler: func(s *Server) http.Handler { return http.HandlerFunc(s.cardReaders) }, sources: `
  - name: cards
    format: table
    address: {{.HTTP}}/dau-doc.csv
    layer: cardReaders
    every: 60s
    map:
      key: Mã đầu đọc
      label: Tên
      labelEn: Tên tiếng Anh
      versionAt: Cập nhật
      agency: Cơ quan
      lon: Kinh độ
      lat: Vĩ độ
      fields:
        readerCode: Mã đầu đọc
        readerKind: Loại
        readerStatus: Trạng thái
        issuer: Đơn vị phát hành thẻ
        placeName: Nơi đặt
        acceptsPayment: Nhận thanh toán
  - name: card-events
    format: card
    address: mqtt://{{.Port "mqtt"}}
    topics: [cards/+/events]
`}
}

// The register's own words.
var (
	readerKinds    = map[systems.ReaderKind]string{"GATE": "Cổng ra vào", "ATTENDANCE": "Chấm công", "POS": "Điểm thanh toán", "BUS": "Xe buýt"}
	readerStatuses = map[systems.ReaderStatus]string{"ONLINE": "Hoạt động", "OFFLINE": "Mất kết nối", "FAULT": "Lỗi"}
)

func (s *Server) cardReaders(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/dau-doc.csv" {
		http.NotFound(w, r)
		return
	}
	var out bytes.Buffer
	table := csv.NewWriter(&out)
	table.Write([]string{"Mã đầu đọc", "Tên", "Tên tiếng Anh", "Loại", "Trạng thái", "Đơn vị phát hành thẻ", "Nơi đặt", "Nhận thanh toán", "Cơ quan", "Kinh độ", "Vĩ độ", "Cập nhật"})
	for _, c := range rows(s, "card readers", (*province.Province).CardReaders) {
		at := c.Geom.(orb.Point)
		pays := "không"
		if *c.AcceptsPayment {
			pays = "có"
		}
		table.Write([]string{*c.ReaderCode, c.LabelVI, c.LabelEN, readerKinds[*c.ReaderKind], readerStatuses[*c.ReaderStatus], *c.Issuer, *c.PlaceName, pays, c.AgencyCode,
			strconv.FormatFloat(at[0], 'f', -1, 64), strconv.FormatFloat(at[1], 'f', -1, 64), c.VersionAt.Format(time.RFC3339)})
	}
	table.Flush()
	conditional(w, r, "text/csv; charset=utf-8", out.Bytes())
}

// cardFeed is the uses of cards, of the last 24 hours of the clock for whoever
// is new.
func cardFeed() mqttFeed {
	return mqttFeed{system: "cards", root: "cards",
		begin: func(s *Server) ([]post, time.Time) { return nil, s.Province().CardsSince().Add(-1) },
		hour: func(s *Server, hour time.Time) []post {
			var posts []post
			for _, e := range s.Province().CardEvents(hour) {
				posts = append(posts, cardPost(e))
			}
			return posts
		},
	}
}

func cardPost(e province.CardEvent) post {
	message := map[string]any{"time": e.At.Format(time.RFC3339Nano), "reader": e.Reader, "cardRef": e.CardRef, "kind": e.Kind, "issuer": e.Issuer, "result": e.Result}
	if e.Reason != "" {
		message["reason"] = e.Reason
	}
	if e.AmountVND > 0 {
		message["amountVND"] = e.AmountVND
	}
	payload, err := json.Marshal(message)
	if err != nil {
		panic(err) // texts and numbers of our own
	}
	return post{at: e.At, topic: "cards/" + e.Reader + "/events", payload: payload}
}
