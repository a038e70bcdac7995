package dossier

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"geohub/ingest/formats"
	"geohub/ingest/formats/internal/records"
	"geohub/ingest/formats/internal/vntext"
)

// lists are the places where pages hold their dossiers.
var lists = func() (all []string) {
	inner := []string{"data", "items", "value", "content"}
	all = append(all, inner...)
	for _, outer := range []string{"data", "result", "page"} {
		for _, name := range inner {
			all = append(all, outer+"."+name)
		}
	}
	return all
}()

// Decode reads a page, an array or dossiers one a line. When the input holds
// several pages the Page is the last one's.
//
// It refuses, with the place: JSON that is broken, a dossier without a code or
// with one that is not agency-date-number, a trangThai, kenh or mucDo that is
// not known, dates that can't be. A danhGia that is no number from 1 to 5 is
// left out with a note.
func Decode(r io.Reader, sink formats.Sink[Record]) (Page, error) {
	var page Page
	whole, err := records.Walk(r, records.Walker{
		Lists: lists,
		Item: func(v records.Value) error {
			rec, p := record(records.NewObject(v.Raw, v.Path))
			if p != nil {
				return sink.Refuse(formats.Reject(v.Line, p.Path, mask(v.Raw), "%s", p.Reason))
			}
			return sink.Record(rec)
		},
		Bad: func(v records.Value) error {
			return sink.Refuse(formats.Reject(v.Line, v.Path, mask(v.Raw), "%s", v.Problem))
		},
		Close: func(l *records.List) error { page = pageOf(l.Fields); return nil },
	})
	page.Complete = whole && err == nil
	return page, err
}

func pageOf(fields map[string]json.RawMessage) (p Page) {
	for _, k := range sorted(fields) {
		raw := fields[k]
		switch vntext.Key(k) {
		case "next", "nextpage", "nextlink", "odatanextlink", "nextpagetoken", "nexturl":
			if p.Next = strings.Trim(string(raw), `"`); raw[0] == '"' {
				json.Unmarshal(raw, &p.Next)
			}
			if p.Next == "null" || p.Next == "false" {
				p.Next = ""
			}
		case "links":
			var links struct{ Next json.RawMessage }
			var linked struct{ Href string }
			if json.Unmarshal(raw, &links) == nil && links.Next != nil && p.Next == "" {
				if json.Unmarshal(links.Next, &p.Next) != nil && json.Unmarshal(links.Next, &linked) == nil {
					p.Next = linked.Href
				}
			}
		case "page", "pagenumber", "number", "pageindex", "currentpage", "trang":
			var inner map[string]json.RawMessage
			if json.Unmarshal(raw, &inner) == nil { // Spring: {"page":{"number":0,"totalElements":9}}
				in := pageOf(inner)
				p.Page, p.Pages, p.Total = in.Page, in.Pages, in.Total
				continue
			}
			count(raw, &p.Page)
		case "totalpages", "pages", "tongsotrang", "pagecount":
			count(raw, &p.Pages)
		case "total", "totalelements", "totalitems", "totalcount", "count", "odatacount", "tongso", "totalrecords":
			count(raw, &p.Total)
		}
	}
	return p
}

func count(raw json.RawMessage, to **int) {
	if n, err := strconv.Atoi(strings.Trim(string(raw), `"`)); err == nil && n >= 0 {
		*to = &n
	}
}

func sorted(m map[string]json.RawMessage) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// known are the fields that come through, by their folded names.
var known = func() map[string]string {
	m := map[string]string{}
	for _, name := range []string{
		"maHoSo", "maTTHC", "tenTTHC", "linhVuc", "coQuan", "kenh", "mucDo", "noiTiepNhan", "ngayNop", "ngayTiepNhan", "ngayHenTra", "ngayHoanThanh", "ngayTra", "ngayCapNhat",
		"trangThai", "cacBuoc", "soHoa", "thanhToanTrucTuyen", "danhGia",
	} {
		m[vntext.Key(name)] = name
	}
	return m
}()

var stepFields = map[string]string{"buoc": "buoc", "bophan": "boPhan", "tu": "tu", "den": "den"}

// personal are the words by which a field is known to be about a person.
var personal = []string{
	"nguoi", "hoten", "hovaten", "tencongdan", "congdan", "chuhoso", "cccd", "cmnd", "cancuoc", "dinhdanh", "hochieu", "passport", "dienthoai", "sdt", "phone", "mobile",
	"email", "thudientu", "diachi", "address", "ngaysinh", "namsinh", "birth", "gioitinh", "gender", "masothue", "taikhoan", "account", "applicant", "citizen", "owner", "fullname",
	"canbo", "chukyso", "zalo", "vneid", "doituongnop", "tochucnop", "doanhnghiep",
}

func isPersonal(key string) bool {
	return slices.ContainsFunc(personal, func(word string) bool { return strings.Contains(key, word) })
}

// mask is a refused record with only the known fields' values.
func mask(raw []byte) []byte {
	return records.Mask(raw, func(key, value string) bool {
		folded := vntext.Key(key)
		return known[folded] != "" || stepFields[folded] != "" || slices.Contains(lists, folded)
	})
}

// record reads one dossier.
func record(o *records.Object) (r Record, bad *records.Problem) {
	o.Fields = r.sieve(o.Fields, known, "")
	if p := o.Problem(); p != nil {
		return r, p
	}
	r.MaHoSo = strings.TrimSpace(o.Text("maHoSo"))
	if r.MaHoSo == "" {
		if o.Problem() == nil {
			o.Fail("maHoSo", "no maHoSo")
		}
		return r, o.Problem()
	}
	var err error
	if r.Code, err = ParseCode(r.MaHoSo); err != nil {
		o.Fail("maHoSo", "%v", err)
	}
	r.MaTTHC, r.TenTTHC, r.LinhVuc, r.CoQuan = o.Word("maTTHC"), o.Word("tenTTHC"), o.Word("linhVuc"), o.Word("coQuan")
	r.Kenh = Channel(oneOf(o, "kenh", map[string]string{
		"tructiep": "TRUC_TIEP", "tructuyen": "TRUC_TUYEN", "online": "TRUC_TUYEN", "quamang": "TRUC_TUYEN", "bcci": "BCCI", "buuchinhcongich": "BCCI", "quabuuchinhcongich": "BCCI", "buuchinh": "BCCI",
	}))
	r.MucDo = Level(oneOf(o, "mucDo", map[string]string{"motphan": "MOT_PHAN", "toantrinh": "TOAN_TRINH", "toanphan": "TOAN_TRINH"}))
	r.NoiTiepNhan, r.NgayNop, r.NgayCapNhat = o.Word("noiTiepNhan"), date(o, "ngayNop"), date(o, "ngayCapNhat")
	r.NgayTiepNhan, r.NgayHenTra = date(o, "ngayTiepNhan"), date(o, "ngayHenTra")
	r.NgayHoanThanh, r.NgayTra = date(o, "ngayHoanThanh"), date(o, "ngayTra")
	r.TrangThai = status(o)
	o.Each("cacBuoc", func(step *records.Object) {
		step.Fields = r.sieve(step.Fields, stepFields, "cacBuoc.")
		r.CacBuoc = append(r.CacBuoc, Step{Buoc: step.Word("buoc"), BoPhan: step.Word("boPhan"), Tu: date(step, "tu"), Den: date(step, "den")})
	})
	r.SoHoa, r.ThanhToanTrucTuyen = truth(o, "soHoa"), truth(o, "thanhToanTrucTuyen")
	r.rate(o)
	r.note()
	slices.Sort(r.Dropped)
	r.Dropped = slices.Compact(r.Dropped)
	slices.Sort(r.Ignored)
	r.Ignored = slices.Compact(r.Ignored)
	return r, o.Problem()
}

// sieve keeps the fields that are known, by their proper names, and notes the
// names of the others.
func (r *Record) sieve(fields map[string]json.RawMessage, known map[string]string, place string) map[string]json.RawMessage {
	kept := map[string]json.RawMessage{}
	for _, k := range sorted(fields) {
		folded := vntext.Key(k)
		name, ok := known[folded]
		switch {
		case ok:
			if _, twice := kept[name]; !twice || k == name {
				kept[name] = fields[k]
			}
		case isPersonal(folded):
			r.Dropped = append(r.Dropped, place+short(k))
		default:
			r.Ignored = append(r.Ignored, place+short(k))
		}
	}
	return kept
}

// short is a field's name cut to what may be a name, without long numbers.
func short(name string) string {
	if digits := strings.Trim(name, "0123456789"); len(name)-len(digits) >= 9 {
		return "(a number)"
	}
	if r := []rune(name); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return name
}

func oneOf(o *records.Object, name string, spellings map[string]string) string {
	text := o.Word(name)
	if text == "" {
		return ""
	}
	value, ok := spellings[vntext.Key(text)]
	if !ok {
		o.Fail(name, "%s is not known", records.Quote(text))
	}
	return value
}

func date(o *records.Object, name string) *time.Time {
	text := o.Word(name)
	if text == "" {
		return nil
	}
	if raw := o.Raw(name); raw[0] != '"' {
		ms, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err == nil && ms >= 1e11 && ms < 1e13:
			at := time.UnixMilli(ms).In(vntext.Zone)
			return &at
		case err == nil && ms >= 1e8 && ms < 1e11 && !(ms >= 19000101 && ms <= 22001231):
			at := time.Unix(ms, 0).In(vntext.Zone)
			return &at
		}
	}
	at, _, err := vntext.Time(text)
	if err != nil {
		o.Fail(name, "%v", err)
		return nil
	}
	return &at
}

func status(o *records.Object) *int {
	text := o.Word("trangThai")
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		for i, words := range Statuses() {
			if key := vntext.Key(text); key == vntext.Key(words) || i == 4 && key == "yeucaubosung" || i == 5 && key == "yeucaunghiavutaichinh" || i == 6 && (key == "congdanrut" || key == "congdanruthoso") {
				n = i + 1
			}
		}
	}
	if n < 1 || n > 10 {
		o.Fail("trangThai", "%s is none of the portal's codes 1 to 10", records.Quote(text))
		return nil
	}
	return &n
}

func truth(o *records.Object, name string) *bool {
	text := o.Word(name)
	if text == "" {
		return nil
	}
	var b bool
	switch vntext.Key(text) {
	case "true", "1", "co", "yes", "x":
		b = true
	case "false", "0", "khong", "no":
	default:
		o.Fail(name, "%s is neither true nor false", records.Quote(text))
	}
	return &b
}

func (r *Record) rate(o *records.Object) {
	raw := o.Raw("danhGia")
	if raw == nil || string(raw) == `""` {
		return
	}
	n, err := strconv.Atoi(strings.Trim(string(raw), `" `))
	if err != nil || n < 1 || n > 5 {
		r.Notes = append(r.Notes, "danhGia is no number from 1 to 5 and is left out")
		return
	}
	r.DanhGia = &n
}

// note says which dates are out of order.
func (r *Record) note() {
	order := []struct {
		name string
		at   *time.Time
	}{{"ngayTiepNhan", r.NgayTiepNhan}, {"ngayHoanThanh", r.NgayHoanThanh}, {"ngayTra", r.NgayTra}}
	for i, first := range order {
		for _, second := range order[i+1:] {
			if before(second.at, first.at) {
				r.Notes = append(r.Notes, fmt.Sprintf("%s is before %s", second.name, first.name))
			}
		}
	}
	if before(r.NgayHenTra, r.NgayTiepNhan) {
		r.Notes = append(r.Notes, "ngayHenTra is before ngayTiepNhan")
	}
	for i, step := range r.CacBuoc {
		if before(step.Den, step.Tu) {
			r.Notes = append(r.Notes, fmt.Sprintf("cacBuoc[%d].den is before its tu", i))
		}
	}
	if at := r.NgayTiepNhan; at != nil && r.Code.Date != "" && r.Code.Date != at.In(vntext.Zone).Format(time.DateOnly) {
		r.Notes = append(r.Notes, "ngayTiepNhan is another day than the one in maHoSo")
	}
}

// before says whether a lies before b; a date without a clock is the whole day.
func before(a, b *time.Time) bool {
	if a == nil || b == nil {
		return false
	}
	if at := a.In(vntext.Zone); at.Hour()+at.Minute()+at.Second() == 0 && at.Format(time.DateOnly) == b.In(vntext.Zone).Format(time.DateOnly) {
		return false
	}
	return a.Before(*b)
}
