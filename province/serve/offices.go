package serve

import (
	"encoding/json"
	"net/http"

	"github.com/paulmach/orb"

	"geohub/province"
	"geohub/systems"
)

// officesService is the register of one-stop offices with the live counts of
// their queues: JSON of the agency's own making.
func officesService() service {
	return service{name: "offices", handler: func(s *Server) http.Handler { return http.HandlerFunc(s.offices) }, sources: `
  - name: one-stop
    format: table
    address: {{.HTTP}}/boPhanMotCua.json
    layer: offices
    every: 30s
    due: 10m
    map:
      key: ma
      label: ten
      labelEn: tenTiengAnh
      agency: coQuan?
      observedAt: baoLuc
      versionAt: capNhat
      lon: kinhDo
      lat: viDo
      fields:
        officeKind: loai
        officeStatus: trangThai
        address: diaChi
        officePhone: dienThoai
        openingHours: gioLamViec
        counters: soQuay
        waitingCount: soNguoiCho?
        servedToday: daPhucVu?
`}
}

// The register's own words.
var (
	officeKinds = map[systems.OfficeKind]string{
		"COMMUNE_ONE_STOP": "Một cửa cấp xã", "PROVINCE_ONE_STOP": "Trung tâm phục vụ hành chính công cấp tỉnh", "DEPARTMENT": "Một cửa của sở, ngành", "POST": "Bưu điện",
	}
	officeStatuses = map[systems.OfficeStatus]string{"OPEN": "Đang phục vụ", "CLOSED": "Đóng cửa", "SUSPENDED": "Tạm ngừng", "UNKNOWN": "Chưa rõ"}
)

func (s *Server) offices(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/boPhanMotCua.json" {
		http.NotFound(w, r)
		return
	}
	list := []map[string]any{}
	for _, o := range rows(s, "offices", (*province.Province).Offices) {
		at := o.Geom.(orb.Point)
		item := map[string]any{
			"ma": *o.OfficeCode, "ten": o.LabelVI, "tenTiengAnh": o.LabelEN, "loai": officeKinds[*o.OfficeKind], "trangThai": officeStatuses[*o.OfficeStatus],
			"diaChi": *o.Address, "dienThoai": *o.OfficePhone, "gioLamViec": *o.OpeningHours, "soQuay": *o.Counters,
			"kinhDo": at[0], "viDo": at[1], "baoLuc": o.ObservedAt, "capNhat": o.VersionAt, "soNguoiCho": o.WaitingCount, "daPhucVu": o.ServedToday,
		}
		if o.AgencyCode != "" {
			item["coQuan"] = o.AgencyCode
		}
		list = append(list, item)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(map[string]any{"data": list})
}
