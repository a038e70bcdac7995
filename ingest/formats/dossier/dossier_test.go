package dossier_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"geohub/ingest/formats"
	"geohub/ingest/formats/dossier"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestDecodeGolden(t *testing.T) {
	in, err := os.ReadFile("testdata/page.json")
	if err != nil {
		t.Fatal(err)
	}
	var out, refused bytes.Buffer
	page, err := dossier.Decode(bytes.NewReader(in), formats.Sink[dossier.Record]{
		Record: func(r dossier.Record) error { return json.NewEncoder(&out).Encode(r) },
		Refuse: func(r formats.Refusal) error {
			_, err := fmt.Fprintf(&refused, "%v | %s\n", r, r.Raw)
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s---\n%s---\nnext %q page %d of %v, total %d, complete %v\n", &out, &refused, page.Next, *page.Page, page.Pages, *page.Total, page.Complete)
	if *update {
		if err := os.WriteFile("testdata/page.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/page.golden")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, secret := range []string{"Nguyễn", "0460850", "0905", "Lê Thị", "Phạm", "Trần Thị", "12 Lê Lợi"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
}

func TestDecodePages(t *testing.T) {
	one := `{"maHoSo":"H57.08-251013-0012"}`
	for _, test := range []struct {
		name, in, next   string
		records, refused int
		total            int
		complete         bool
	}{
		{"an array", `[` + one + `,` + one + `]`, "", 2, 0, -1, true},
		{"lines", one + "\n" + one, "", 2, 0, -1, true},
		{"an empty page", `{"items":[],"total":0}`, "", 0, 0, 0, true},
		{"items", `{"items":[` + one + `],"next":2,"totalCount":"9"}`, "2", 1, 0, 9, true},
		{"value", `{"@odata.nextLink":"n","value":[` + one + `]}`, "n", 1, 0, -1, true},
		{"content", `{"content":[` + one + `],"totalElements":9,"number":0}`, "", 1, 0, 9, true},
		{"as Spring does", `{"content":[` + one + `],"page":{"number":0,"totalElements":9}}`, "", 1, 0, 9, true},
		{"within data", `{"code":200,"data":{"items":[` + one + `],"total":9},"message":"OK"}`, "", 1, 0, 9, true},
		{"links", `{"data":[` + one + `],"links":{"next":{"href":"n"}}}`, "n", 1, 0, -1, true},
		{"no next", `{"data":[` + one + `],"next":null}`, "", 1, 0, -1, true},
		{"cut off", `{"total":9,"data":[` + one + `,{"maHo`, "", 1, 2, 9, false},
		{"a failure", `{"code":500,"message":"Lỗi hệ thống"}`, "", 0, 1, -1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, bad := 0, 0
			page, err := dossier.Decode(strings.NewReader(test.in), formats.Sink[dossier.Record]{
				Record: func(dossier.Record) error { n++; return nil },
				Refuse: func(formats.Refusal) error { bad++; return nil },
			})
			total := -1
			if page.Total != nil {
				total = *page.Total
			}
			if err != nil || n != test.records || bad != test.refused || page.Next != test.next || total != test.total || page.Complete != test.complete {
				t.Errorf("%d records, %d refused, %+v, total %d, %v", n, bad, page, total, err)
			}
		})
	}
}

func TestParseCode(t *testing.T) {
	for in, want := range map[string]string{
		"H57.08-240312-0012":        "H57.08 2024-03-12 0012",
		"000.00.08.H57-240312-0012": "H57.08 2024-03-12 0012",
		"003.12.08.H57-240312-123":  "H57.08.12.003 2024-03-12 123",
		"G01-240312-123456":         "G01 2024-03-12 123456",
		"H57.08-240312-12":          "is not agency", "h57-240312-0012": "is not agency", "H57.08-240230-0012": "no possible date",
		"H57..08-240312-0012": "empty part", "000.00-240312-0012": "names no province",
	} {
		c, err := dossier.ParseCode(in)
		got := c.AgencyCode + " " + c.Date + " " + c.Sequence
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func ExampleDecode() {
	in := `{"data":[
 {"maHoSo":"H57.08-251013-0012","kenh":"TRUC_TUYEN","ngayTiepNhan":"13/10/2025","trangThai":"4","nguoiNop":"Nguyễn Văn An"},
 {"maHoSo":"H57.08-251013-0013","trangThai":12}
],"next":"/api/hoso?page=2","total":2114}`
	page, err := dossier.Decode(strings.NewReader(in), formats.Sink[dossier.Record]{
		Record: func(r dossier.Record) error {
			line, err := json.Marshal(r)
			fmt.Println(string(line))
			return err
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Println(r)
			return nil
		},
	})
	fmt.Println(page.Next, *page.Total, err)
	// Output:
	// {"maHoSo":"H57.08-251013-0012","code":{"agency":"H57.08","agencyCode":"H57.08","date":"2025-10-13","sequence":"0012"},"kenh":"TRUC_TUYEN","ngayTiepNhan":"2025-10-13T00:00:00+07:00","trangThai":4,"dropped":["nguoiNop"]}
	// line 3: data[1].trangThai: "12" is none of the portal's codes 1 to 10
	// /api/hoso?page=2 2114 <nil>
}

func FuzzDecode(f *testing.F) {
	in, _ := os.ReadFile("testdata/page.json")
	f.Add(in)
	for line := range bytes.Lines(in) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		count := func() {
			if n++; n > 8*len(b)+8 {
				t.Fatalf("%d records in %d bytes", n, len(b))
			}
		}
		_, err := dossier.Decode(bytes.NewReader(b), formats.Sink[dossier.Record]{
			Record: func(r dossier.Record) error {
				count()
				_, err := json.Marshal(r)
				return err
			},
			Refuse: func(formats.Refusal) error { count(); return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
