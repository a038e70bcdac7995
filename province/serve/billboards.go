package serve

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"geohub/geo"
	"geohub/province"
	"geohub/systems"
)

// billboardsService is the register of outdoor advertising and the log of what
// was shown, as spreadsheets write them, and the screens' heartbeats.
func billboardsService() service {
	return service{name: "billboards", handler: func(s *Server) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /bang-quang-cao.csv", s.billboardRegister)
		mux.HandleFunc("GET /nhat-ky-phat.csv", s.billboardPlays)
		return mux
	}, sources: `
  - name: billboards
    format: billboard
    address: {{.HTTP}}/bang-quang-cao.csv
    every: 2m
    deleteAfter: 3
  - name: billboard-plays
    format: billboard
    address: {{.HTTP}}/nhat-ky-phat.csv
    every: 2m
  - name: screens
    format: heartbeat
    address: mqtt://{{.Port "mqtt"}}
    topics: [screens/+/heartbeat]
`}
}

// The register's own words.
var (
	billboardKinds    = map[systems.BillboardKind]string{"LED": "Màn hình LED", "LCD": "Màn hình LCD", "PRINT": "Pano", "TRIVISION": "Bảng lật ba mặt"}
	billboardStatuses = map[systems.BillboardStatus]string{"ACTIVE": "Hoạt động", "OFFLINE": "Mất tín hiệu", "SUSPENDED": "Tạm dừng", "EXPIRED": "Hết hạn", "UNLICENSED": "Chưa cấp phép"}
	heritageZones     = map[systems.HeritageZone]string{"ZONE_I": "Khu vực I", "ZONE_II": "Khu vực II", "NONE": "Không"}
)

func (s *Server) billboardRegister(w http.ResponseWriter, r *http.Request) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	table := csv.NewWriter(&out)
	table.Comma, table.UseCRLF = ';', true
	table.Write([]string{"Mã bảng", "Tên", "Loại hình", "Địa chỉ", "Kinh độ", "Vĩ độ", "Hướng", "Chiều rộng (m)", "Chiều cao (m)", "Diện tích (m²)", "Độ phân giải", "Độ sáng (nits)",
		"OpenOOH", "Chủ sở hữu", "Đơn vị vận hành", "Số giấy phép", "Ngày cấp", "Ngày hết hạn", "GPXD", "Khu vực bảo vệ", "Trạng thái", "Ngày kiểm tra"})
	for _, b := range rows(s, "billboards", (*province.Province).Billboards) {
		at := b.Geom.(orb.Point)
		inspected := ""
		if b.LastHeartbeatAt == nil {
			inspected = b.ObservedAt.In(geo.Saigon).Format("02/01/2006")
		}
		table.Write([]string{b.RecordKey, b.LabelVI, billboardKinds[*b.BillboardKind], *b.Address, commaNumber(&at[0]), commaNumber(&at[1]), commaNumber(b.FaceAzimuthDeg),
			commaNumber(b.WidthM), commaNumber(b.HeightM), commaNumber(b.AreaM2), cell(b.Resolution), commaNumber(b.BrightnessNits), *b.VenueType, *b.OwnerName, *b.OperatorName,
			cell(b.PermitNo), dayCell(b.PermitFrom), dayCell(b.PermitTo), cell(b.StructurePermitNo), heritageZones[*b.HeritageZone], billboardStatuses[*b.BillboardStatus], inspected})
	}
	table.Flush()
	conditional(w, r, "text/csv; charset=utf-8", out.Bytes())
}

func cell(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func commaNumber(x *float64) string {
	if x == nil {
		return ""
	}
	return strings.Replace(strconv.FormatFloat(*x, 'f', -1, 64), ".", ",", 1)
}

func dayCell(d *geo.Date) string {
	if d == nil {
		return ""
	}
	return d.Start().Format("02/01/2006")
}

// billboardPlays is the proof of play, by the columns of a common player.
func (s *Server) billboardPlays(w http.ResponseWriter, r *http.Request) {
	var out bytes.Buffer
	table := csv.NewWriter(&out)
	table.Write([]string{"Screen ID", "Media ID", "Start time", "Duration", "Plays", "Approved"})
	for _, p := range rows(s, "plays", (*province.Province).Plays) {
		seconds, approved := "", ""
		if p.Seconds > 0 {
			seconds = strconv.FormatFloat(p.Seconds, 'f', -1, 64)
		}
		if p.Approved != nil {
			approved = strconv.FormatBool(*p.Approved)
		}
		table.Write([]string{p.Billboard, p.Creative, p.StartAt.Format(time.RFC3339), seconds, strconv.Itoa(p.Plays), approved})
	}
	table.Flush()
	conditional(w, r, "text/csv; charset=utf-8", out.Bytes())
}

// screenFeed is the screens' heartbeats. The broker keeps the last of each.
func screenFeed() mqttFeed {
	return mqttFeed{system: "billboards", root: "screens",
		begin: func(s *Server) ([]post, time.Time) {
			p := s.Province()
			var posts []post
			for _, h := range p.LastHeartbeats() {
				posts = append(posts, screenPost(h))
			}
			return posts, p.Now()
		},
		hour: func(s *Server, hour time.Time) []post {
			var posts []post
			for _, h := range s.Province().Heartbeats(hour) {
				posts = append(posts, screenPost(h))
			}
			return posts
		},
	}
}

func screenPost(h province.Heartbeat) post {
	message := map[string]any{"id": h.Billboard, "time": h.At.Format(time.RFC3339), "status": "ONLINE", "displayState": "ON", "creative": h.Creative}
	if h.Approved != nil {
		message["approved"] = *h.Approved
	}
	if h.Off {
		message["displayState"] = "OFF"
		delete(message, "creative")
	}
	payload, err := json.Marshal(message)
	if err != nil {
		panic(err) // texts of our own
	}
	return post{at: h.At, topic: "screens/" + h.Billboard + "/heartbeat", payload: payload, retain: true}
}
