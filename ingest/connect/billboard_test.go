package connect_test

import (
	"strings"
	"testing"

	"geohub/ingest"
)

const billboardRegister = "Mã bảng;Tên;Loại hình;Địa chỉ;Kinh độ;Vĩ độ;Chiều rộng (m);Số giấy phép;Ngày cấp;Ngày hết hạn;Vùng;Trạng thái;Ngày kiểm tra\r\n" +
	"QC-1;Màn hình;LED;12 Lê Lợi;107,585;16,463;6,5;1/GP;15/03/2024;14/03/2027;Khu vực II;Hoạt động;\r\n" +
	"QC-2;Pano;Pano;An Cựu;107,6;16,45;4;;;;Không;Chưa cấp phép;01/02/2026\r\n"

// TestBillboardRegister: read when it has changed, complete when all of it was
// understood, removed from when it is complete.
func TestBillboardRegister(t *testing.T) {
	site := newSite(t)
	site.put("/r.csv", billboardRegister)
	h := newWebHub(t, "billboard", site.URL+"/r.csv")
	h.read()
	h.want("SELECT string_agg(concat_ws(' ', id, label, billboard_kind, ST_X(geom), width_m, permit_no, permit_from, permit_to, heritage_zone, billboard_status, observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh'), ', ' ORDER BY id) FROM billboards",
		"billboard:QC-1 Màn hình LED 107.585 6.5 1/GP 2024-03-15 2027-03-14 ZONE_II ACTIVE, billboard:QC-2 Pano PRINT 107.6 4 NONE UNLICENSED 2026-02-01 00:00:00")
	h.read()
	if asked := site.since(); asked != "/r.csv =/r.csv" {
		t.Errorf("asked %s", asked)
	}
	site.put("/r.csv", "<html>502 Bad Gateway</html>")
	h.fails("does not answer with its standard")
	site.fail("/r.csv", 500)
	h.fails("500")
}

func TestBillboardsGone(t *testing.T) {
	site := newSite(t)
	site.put("/r.csv", billboardRegister)
	h := newWebHub(t, "billboard", site.URL+"/r.csv", "deleteAfter: 2")
	h.read()
	lines := strings.SplitAfter(billboardRegister, "\r\n")
	site.put("/r.csv", lines[0]+lines[1]+"QC-2;Pano;Pano;An Cựu;107,6;164,5;4;;;;Không;Chưa cấp phép;01/02/2026\r\n")
	for range 3 {
		h.read()
	}
	h.want("SELECT count(*)::text FROM billboards", "2") // the broken row may be the one
	h.want("SELECT place || ' ' || times FROM quarantine", "line 3, Kinh độ 3")
	site.put("/r.csv", lines[0]+lines[1])
	h.read()
	h.read()
	h.want("SELECT string_agg(id, ' ') FROM billboards", "billboard:QC-1")
}

// TestBillboardPlays: a log is counted by the hour, each line once, and the
// newest says what is on show; a heartbeat says it better when it is newer.
func TestBillboardPlays(t *testing.T) {
	site := newSite(t)
	log := "Screen ID,Media ID,Start time,Duration,Plays,Approved\n" +
		"QC-1,CR-2,2026-03-02T08:00:00+07:00,15,30,false\nQC-1,CR-1,2026-03-02T07:00:00+07:00,15,20,true\nQC-1,CR-2,2026-03-02T08:30:00+07:00,00:00:15,10,false\n"
	site.put("/p.csv", log)
	h := newWebHub(t, "billboard", site.URL+"/p.csv")
	h.read()
	site.put("/p.csv", log+"QC-1,CR-3,2026-03-02T08:45:00+07:00,,1,\nQC-1,CR-9,hôm nay,15,1,\nQC-1,CR-9,2126-03-02T08:45:00+07:00,15,1,\n")
	h.read()
	h.want("SELECT string_agg(concat_ws(' ', at AT TIME ZONE 'UTC', creative, plays, seconds), ', ' ORDER BY at, creative) FROM billboard_plays",
		"2026-03-02 00:00:00 CR-1 20 300, 2026-03-02 01:00:00 CR-2 40 600, 2026-03-02 01:00:00 CR-3 1 0")
	h.want("SELECT concat_ws(' ', current_creative, creative_approved) FROM billboards", "CR-3")
	h.want("SELECT string_agg(stage || ' ' || place, ', ' ORDER BY place) FROM quarantine", "DECODE line 6, Start time, MAP startAt")
	var id int64
	if err := h.db.QueryRow(t.Context(), "SELECT id FROM quarantine WHERE stage = 'MAP'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	record := strings.Replace(h.one("SELECT convert_from(record, 'UTF8') FROM quarantine WHERE stage = 'MAP'"), "2126-03-02T08:45", "2026-03-02T08:50", 1)
	if r, err := h.Replay(t.Context(), ingest.Replay{Source: "s", ID: id, Record: []byte(record)}); err != nil || r.Quarantined > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	h.want("SELECT current_creative FROM billboards", "CR-9")
}
