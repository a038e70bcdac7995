package ingest_test

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"geohub/ingest"
	"geohub/internal/hubtest"
	"geohub/internal/pgtest"
)

var toponyms = []ingest.Toponym{
	{Name: "Phú Xuân", Kind: "phường", Unit: "19753", Now: true},
	{Name: "Phú Lộc", Kind: "xã", Unit: "20107", Now: true},
	{Name: "Phú Lộc", Kind: "huyện", Unit: "482"},
	{Name: "Phú Lộc", Kind: "thị trấn", Unit: "20108"},
	{Name: "Hóa Châu", Kind: "phường", Unit: "20014", Now: true},
	{Name: "Vinh Lộc", Kind: "xã", Unit: "20131", Now: true},
	{Name: "Lộc An", Kind: "xã", Unit: "20140", Now: true},
	{Name: "Thuận An", Kind: "phường", Unit: "19900", Now: true},
	{Name: "A Lưới 1", Kind: "xã", Unit: "20050", Now: true},
	{Name: "A Lưới", Kind: "huyện", Unit: "481"},
	{Name: "Bình", Kind: "xã", Unit: "1"},
	{Name: "Phú Hội", Kind: "phường", Unit: "19792"},
	{Name: "Cảng Thuận An", Now: true},
	{Name: "Chợ Đông Ba", Now: true},
}

func TestGazetteer(t *testing.T) {
	g := ingest.NewGazetteer(toponyms)
	for _, c := range []struct{ name, text, want string }{
		{"capitals", "Nước lên nhanh tại Phú Xuân, nhiều tuyến đường chia cắt", "Phú Xuân 19753"},
		{"at the beginning", "Phú Xuân: Chủ động ứng phó", "Phú Xuân 19753"},
		{"small letters are words", "cuộc sống phú xuân", ""},
		{"small letters behind the kind", "người dân phường phú xuân", "Phú Xuân 19753"},
		{"without accents", "Rising water in Phu Xuan Ward", "Phú Xuân 19753"},
		{"another accent", "Phù Xuân", ""},
		{"tone on the other vowel", "ngập ở Hoá Châu", "Hóa Châu 20014"},
		{"capitals throughout", "NGẬP SÂU TẠI PHÚ XUÂN TRONG ĐÊM", "Phú Xuân 19753"},
		{"the unit of today", "Phú Lộc đón nhà đầu tư", "Phú Lộc 20107"},
		{"the kind decides", "huyện Phú Lộc cũ và thị trấn Phú Lộc", "Phú Lộc 482, Phú Lộc 20108"},
		{"another kind than any", "tỉnh Phú Xuân", ""},
		{"a former unit", "Phường Phú Hội trước đây", "Phú Hội 19792"},
		{"a person", "ông Nguyễn Phú Lộc cho biết", ""},
		{"a person at the beginning", "Trần Phú Lộc cho biết", ""},
		{"a word at the beginning", "Tại Phú Lộc, mưa to", "Phú Lộc 20107"},
		{"an office before it", "UBND Phú Lộc họp", "Phú Lộc 20107"},
		{"a longer name behind it", "Phú Lộc Thượng", ""},
		{"the longest", "tàu về Cảng Thuận An tránh bão", "Cảng Thuận An "},
		{"a place's kind in small letters", "tiểu thương chợ Đông Ba", "Chợ Đông Ba "},
		{"not over a comma", "Phú, Xuân", ""},
		{"a number", "xã A Lưới 1 và A Lưới", "A Lưới 1 20050, A Lưới 481"},
		{"one word needs its kind", "Bình nói ở xã Bình", "Bình 1"},
		{"each once, in order", "Vinh Lộc, Phú Xuân, Vinh Lộc", "Vinh Lộc 20131, Phú Xuân 19753"},
		{"names that overlap", "ở Vinh Lộc An", ""},
		{"nothing", "", ""},
	} {
		for form, text := range map[string]string{"": c.text, " (accents apart)": norm.NFD.String(c.text)} {
			t.Run(c.name+form, func(t *testing.T) {
				var got []string
				for _, f := range g.Find(text) {
					got = append(got, f.Name+" "+f.Unit)
				}
				if s := strings.Join(got, ", "); s != c.want {
					t.Errorf("%q: found %q, not %q", text, s, c.want)
				}
			})
		}
	}
}

func FuzzGazetteer(f *testing.F) {
	g := ingest.NewGazetteer(toponyms)
	f.Add("Tại Phú Xuân – Hoá Châu")
	f.Add("\xffPhú\xcc\x80 ")
	f.Fuzz(func(t *testing.T, text string) { g.Find(text) })
}

func TestPlacesOfTheHub(t *testing.T) {
	tx := pgtest.Tx(t, hubtest.Province())
	names, err := ingest.ToponymsIn(context.Background(), tx)
	if err != nil {
		t.Fatal(err)
	}
	g := ingest.NewGazetteer(names)
	for text, want := range map[string]string{
		"Ngập sâu tại phường Hóa Châu":             "Hóa Châu phường true",
		"Chính quyền huyện Phú Lộc trước đây":      "Phú Lộc huyện false",
		"Người dân Huế, thành phố Huế phấn khởi":   "",
		"Tàu cá vào Cảng cá Thuận An":              "Cảng cá Thuận An  true",
		"Người dân xã Phú Vang và thị trấn Phú Đa": "Phú Vang xã true, Phú Đa thị trấn false",
	} {
		var got []string
		for _, f := range g.Find(text) {
			got = append(got, f.Name+" "+f.Kind+" "+map[bool]string{true: "true", false: "false"}[f.Now])
			if f.At[0] < 107 || f.At[0] > 109 || f.At[1] < 15.5 || f.At[1] > 17 || f.AccuracyM <= 0 {
				t.Errorf("%s lies at %v within %v m", f.Name, f.At, f.AccuracyM)
			}
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%q: found %q, not %q", text, s, want)
		}
	}
}
