package open311_test

import (
	"bytes"
	"fmt"
	"testing"

	"geohub/ingest/formats"
	"geohub/ingest/formats/open311"
)

// BenchmarkDecode reads pages of 1,000 requests as a city's server sends them.
func BenchmarkDecode(b *testing.B) {
	var page bytes.Buffer
	page.WriteByte('[')
	for i := range 1000 {
		if i > 0 {
			page.WriteByte(',')
		}
		fmt.Fprintf(&page, `{"service_request_id":"HUE-2026-%06d","status":"closed","status_notes":"Đã dặm vá, hoàn trả mặt đường.","service_name":"Đường hư hỏng","service_code":"ROAD_DAMAGE","description":"Mặt đường xuất hiện ổ gà sâu, xe máy đi qua dễ ngã, nhất là khi trời mưa.","agency_responsible":"Sở Xây dựng","service_notice":null,"requested_datetime":"2026-02-25T08:12:0%d+07:00","updated_datetime":"2026-02-26T10:00:00+07:00","expected_datetime":"2026-03-06T08:12:00+07:00","address":"12 Lê Lợi, phường Thuận Hóa","address_id":null,"zipcode":null,"lat":16.46321,"long":107.59012,"media_url":null,"extended_attributes":{"title":"Đường hư hỏng – phường Thuận Hóa","title_en":"Road damage","status_step":"DA_XU_LY","service_group":"Hạ tầng đô thị","source_channel":"app"}}`, i, i%10)
	}
	page.WriteByte(']')
	b.SetBytes(int64(page.Len()))
	for b.Loop() {
		n := 0
		err := open311.Decode(bytes.NewReader(page.Bytes()), formats.Sink[open311.Record]{
			Record: func(open311.Record) error { n++; return nil },
			Refuse: func(r formats.Refusal) error { return r },
		})
		if err != nil || n != 1000 {
			b.Fatal(n, err)
		}
	}
}
