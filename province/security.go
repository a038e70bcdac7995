package province

import (
	"fmt"
	"math/rand/v2"
	"time"

	"geohub/access"
	"geohub/geo"
	"geohub/layer"
	"geohub/systems"
)

// threat is a kind of incident, with what MITRE ATT&CK calls it.
type threat struct {
	category                       systems.IncidentCategory
	tactic, technique, label, note string
	share                          float64
	severity                       []float64 // shares of INFO to FATAL
	events                         int       // about so many make one incident
}

var threats = []threat{
	{"RECONNAISSANCE", "TA0043", "T1595.002", "Dò quét cổng dịch vụ", "Port scan", 16, []float64{6, 8, 2, 0, 0, 0}, 4000},
	{"BRUTE_FORCE", "TA0006", "T1110.001", "Dò mật khẩu", "Password guessing", 22, []float64{1, 6, 8, 3, 0, 0}, 9000},
	{"PHISHING", "TA0001", "T1566.002", "Thư điện tử lừa đảo", "Phishing mail", 14, []float64{0, 4, 7, 3, 0, 0}, 40},
	{"MALWARE", "TA0002", "T1204.002", "Phát hiện mã độc trên máy trạm", "Malware on a workstation", 14, []float64{0, 3, 7, 5, 1, 0}, 60},
	{"BOTNET", "TA0011", "T1071.001", "Kết nối máy chủ điều khiển mạng ma", "Contact with a botnet", 8, []float64{0, 2, 6, 4, 1, 0}, 500},
	{"DENIAL_OF_SERVICE", "TA0040", "T1498", "Tấn công từ chối dịch vụ", "Denial of service", 5, []float64{0, 1, 4, 5, 2, 0}, 90000},
	{"INTRUSION", "TA0001", "T1190", "Khai thác lỗ hổng ứng dụng web", "Web application exploited", 4, []float64{0, 0, 2, 5, 4, 0.4}, 25},
	{"ACCOUNT_COMPROMISE", "TA0001", "T1078", "Đăng nhập bất thường", "Unusual sign-in", 7, []float64{0, 3, 5, 3, 0, 0}, 12},
	{"DEFACEMENT", "TA0040", "T1491.002", "Thay đổi nội dung trang thông tin", "Page changed", 1.5, []float64{0, 0, 2, 4, 2, 0}, 2},
	{"DATA_BREACH", "TA0010", "T1567", "Nghi lộ, lọt dữ liệu", "Suspected data leak", 1.5, []float64{0, 0, 1, 4, 4, 0.4}, 5},
	{"VULNERABILITY", "", "", "Lỗ hổng chưa được vá", "Unpatched weakness", 12, []float64{0, 3, 6, 4, 1, 0}, 1},
	{"MISCONFIGURATION", "", "", "Cấu hình sai dịch vụ", "Wrong setting", 5, []float64{1, 5, 4, 0, 0, 0}, 1},
	{"POLICY_VIOLATION", "TA0010", "T1052.001", "Sử dụng thiết bị lưu trữ trái quy định", "Forbidden storage device", 4, []float64{2, 5, 2, 0, 0, 0}, 3},
	{"OTHER", "", "", "Sự cố khác", "Other incident", 2, []float64{2, 3, 1, 0, 0, 0}, 3},
}

// SecurityIncidents are about 200, those of the last twelve months, oldest first.
func (p *Province) SecurityIncidents() []*systems.SecurityIncident {
	first := p.now.AddDate(-1, 0, 0)
	var sites []counter
	for _, o := range p.counters() {
		if o.kind != "POST" {
			sites = append(sites, o)
		}
	}
	var rows []*systems.SecurityIncident
	for month := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, geo.Saigon); !month.After(p.now); month = month.AddDate(0, 1, 0) {
		r := p.dayRand("security", month)
		days := month.AddDate(0, 1, 0).Sub(month).Hours() / 24
		n := 15 + r.IntN(5)
		for i := range n {
			opened := month.Add(hours(24 * days * (float64(i) + r.Float64()) / float64(n))).Truncate(time.Second)
			row := p.securityIncident(r, fmt.Sprintf("SOC-%s-%03d", month.Format("200601"), i+1), pick(r, sites), opened)
			if opened.After(first) && !opened.After(p.now) {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// securityIncident is one incident as it stands now.
func (p *Province) securityIncident(r *rand.Rand, number string, site counter, opened time.Time) *systems.SecurityIncident {
	shares := make([]float64, len(threats))
	for i, t := range threats {
		shares[i] = t.share
	}
	t := threats[byShare(r, shares)]
	grave := byShare(r, t.severity)
	severity := []systems.IncidentSeverity{"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL", "FATAL"}[grave]
	contained := opened.Add(hours(0.5 + 30*r.Float64()*r.Float64())).Truncate(time.Second)
	resolved := contained.Add(hours(2 + 24*12*r.Float64()*r.Float64())).Truncate(time.Second)
	begun := opened.Add(hours(0.2 + 5*r.Float64())).Truncate(time.Second)
	told := opened.Add(hours(1 + 20*r.Float64())).Truncate(time.Second)
	suppressed, never := grave < 3 && chance(r, 0.12), chance(r, 0.015)
	if never {
		resolved = resolved.AddDate(3, 0, 0)
	}
	level := 1 + byShare(r, []float64{3, 30, 50, 8, 0})
	host := fmt.Sprintf("%s-%s%02d", []string{"hue", "dvc", "vpdt", "ioc", "gis"}[r.IntN(5)], []string{"srv", "ws", "db", "web"}[r.IntN(4)], 1+r.IntN(40))
	tlp := []systems.TLP{"CLEAR", "GREEN", "AMBER", "AMBER_STRICT", "RED"}[byShare(r, []float64{8, 30, 38, 14, 10})]
	row := &systems.SecurityIncident{
		Base: layer.Base{
			ID: "securityIncident:" + number, LabelVI: t.label, LabelEN: t.note, Geom: site.at, AgencyCode: site.agency,
			Source: "soc", RecordKey: number, ObservedAt: new(opened), VersionAt: new(opened), Sharing: access.Private,
		},
		IncidentNo: new(number), IncidentCategory: new(t.category), IncidentSeverity: new(severity), IncidentStatus: new(systems.IncidentStatus("NEW")),
		FindingUid:    new(fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Uint64()>>16)),
		AssetHostname: new(host), AssetIp: new(fmt.Sprintf("10.57.%d.%d", r.IntN(200), 2+r.IntN(250))),
		SystemName:    new(pick(r, []string{"Trục văn bản điện tử", "Cổng dịch vụ công", "Hệ thống một cửa điện tử", "Hue-S", "Cổng thông tin điện tử", "Thư điện tử công vụ", "Nền tảng GIS", "Hệ thống camera"})),
		SecurityLevel: new(level), TLP: new(tlp), OpenedAt: new(opened), EventCount: new(1 + int(float64(t.events)*(0.2+1.8*r.Float64()*r.Float64()))),
	}
	if t.tactic != "" {
		row.Tactic, row.Technique = new(t.tactic), new(t.technique)
		// Addresses set aside for documentation, RFC 5737.
		row.SourceIp = new(fmt.Sprintf("%s.%d", []string{"203.0.113", "198.51.100", "192.0.2"}[r.IntN(3)], 1+r.IntN(254)))
	}
	if tlp == "CLEAR" {
		row.Sharing = access.Shared
	}

	// From here on only now decides.
	step := func(at time.Time, status systems.IncidentStatus) bool {
		if at.After(p.now) {
			return false
		}
		row.IncidentStatus, row.VersionAt = new(status), new(at)
		return true
	}
	if !step(begun, "IN_PROGRESS") {
		return row
	}
	if suppressed {
		step(begun.Add(2*time.Hour), "SUPPRESSED")
		return row
	}
	if !contained.After(begun) {
		contained = begun.Add(time.Hour)
		resolved = maxTime(resolved, contained.Add(time.Hour))
	}
	if step(contained, "IN_PROGRESS") {
		row.ContainedAt = new(contained)
	}
	if step(resolved, "RESOLVED") {
		row.ResolvedAt = new(resolved)
	}
	if grave >= 3 && !told.After(p.now) {
		if row.ReportedToNationalAt = new(told); told.After(*row.VersionAt) {
			row.VersionAt = new(told)
		}
	}
	return row
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
