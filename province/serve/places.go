package serve

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/province"
)

// placesService is the agencies' list of places as a spreadsheet writes it:
// semicolons, decimal commas, coordinates of VN-2000 with the northing as X.
func placesService() service {
	return service{name: "places", handler: func(s *Server) http.Handler { return http.HandlerFunc(s.places) }, sources: `
  - name: places
    format: table
    address: {{.HTTP}}/dia-diem.csv
    layer: places
    every: 5m
    crs: 9214
    decimalComma: true
    map:
      key: Mã
      label: Tên
      labelEn: Tên tiếng Anh
      agency: Cơ quan
      observedAt: Ngày rà soát
      lon: Y (m)
      lat: X (m)
      positionAccuracyM: Sai số (m)
      fields:
        placeKind: Loại
        address: Địa chỉ
        portClass: Loại cảng
        shelterVessels: Sức chứa tàu
        channelDepthM: Độ sâu luồng (m)
        berthM: Cầu cảng (m)
        landingTPerYear: Công suất (tấn/năm)
        landHa: Diện tích (ha)
`}
}

func (s *Server) places(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/dia-diem.csv" {
		http.NotFound(w, r)
		return
	}
	plane, err := geo.PlaneOf(9214)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var out bytes.Buffer
	out.WriteString("\ufeff")
	table := csv.NewWriter(&out)
	table.Comma, table.UseCRLF = ';', true
	table.Write([]string{"Mã", "Tên", "Tên tiếng Anh", "Loại", "Cơ quan", "Địa chỉ", "X (m)", "Y (m)", "Sai số (m)", "Loại cảng", "Sức chứa tàu",
		"Độ sâu luồng (m)", "Cầu cảng (m)", "Công suất (tấn/năm)", "Diện tích (ha)", "Ngày rà soát"})
	for _, p := range rows(s, "places", (*province.Province).Places) {
		at := plane.FromLonLat(p.Geom).(orb.Point)
		shelter := ""
		if p.ShelterVessels != nil {
			shelter = strconv.Itoa(*p.ShelterVessels)
		}
		table.Write([]string{p.RecordKey, p.LabelVI, p.LabelEN, string(*p.PlaceKind), p.AgencyCode, placeText(p.Address), placeMetres(at[1]), placeMetres(at[0]),
			placeNumber(p.PositionAccuracyM), placeText(p.PortClass), shelter, placeNumber(p.ChannelDepthM), placeNumber(p.BerthM), placeNumber(p.LandingTPerYear),
			placeNumber(p.LandHa), p.ObservedAt.In(geo.Saigon).Format("02/01/2006")})
	}
	table.Flush()
	conditional(w, r, "text/csv; charset=utf-8", out.Bytes())
}

func placeText(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// placeMetres is a coordinate to a tenth of a millimetre.
func placeMetres(m float64) string {
	return strings.Replace(strconv.FormatFloat(m, 'f', 4, 64), ".", ",", 1)
}

func placeNumber(n *float64) string {
	if n == nil {
		return ""
	}
	text := strconv.FormatFloat(*n, 'f', -1, 64)
	if whole, decimals, ok := strings.Cut(text, "."); ok && len(decimals) == 3 {
		return whole + "," + decimals + "0" // "1,250" would be read in two ways
	}
	return strings.Replace(text, ".", ",", 1)
}
