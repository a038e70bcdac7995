package billboard_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"geohub/ingest/formats"
	"geohub/ingest/formats/billboard"
)

var update = flag.Bool("update", false, "write the goldens anew")

// decode is what hub decode prints, and below it the refusals.
func decode(t *testing.T, in []byte) string {
	t.Helper()
	var out, refused bytes.Buffer
	err := billboard.Decode(bytes.NewReader(in), formats.Sink[billboard.Record]{
		Record: func(r billboard.Record) error { return json.NewEncoder(&out).Encode(r) },
		Refuse: func(r formats.Refusal) error {
			_, err := fmt.Fprintln(&refused, r)
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String() + "---\n" + refused.String()
}

func TestDecodeGolden(t *testing.T) {
	for _, name := range []string{"registry_semicolon.csv", "registry_comma.csv", "plays.csv", "heartbeats.jsonl", "heartbeats.csv", "unknown.csv"} {
		t.Run(name, func(t *testing.T) {
			in, err := os.ReadFile("testdata/" + name)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, decode(t, in))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// workbook is a registry as a department keeps it: a cover sheet, a title over
// the table, real dates and numbers, a row that is wrong.
func workbook(t testing.TB) []byte {
	f := excelize.NewFile()
	defer f.Close()
	f.SetCellValue("Sheet1", "A1", "Sở Văn hóa và Thể thao")
	sheet := "Bảng quảng cáo"
	if _, err := f.NewSheet(sheet); err != nil {
		t.Fatal(err)
	}
	for i, row := range [][]any{
		{"DANH SÁCH BẢNG QUẢNG CÁO NGOÀI TRỜI"},
		{},
		{"STT", "Mã bảng", "Loại hình", "Địa chỉ", "Tọa độ", "Chiều rộng (m)", "Chiều cao (m)", "Số giấy phép", "Ngày cấp", "Ngày hết hạn", "Trạng thái"},
		{1, "QC-001", "Màn hình LED", "12 Lê Lợi", "16.463, 107.585", 6.5, 4, "2024/GP-001", 45366, "14/03/2027", "Hoạt động"},
		{2, "QC-002", "Pano", "Bến Nghé", "16,459; 107,601", "6,25", 4, nil, nil, nil, "Không phép"},
		{3, "QC-003", "LED", "Đống Đa", "ở góc đường", 6, 4},
		{4, "QC-004", "LCD", "Vỹ Dạ"},
	} {
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeXLSX(t *testing.T) {
	in := workbook(t)
	golden(t, "registry.xlsx", decode(t, in))
	for name, broken := range map[string][]byte{"cut off": in[:len(in)/2], "only the magic number": in[:4], "an old one": []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")} {
		if got := decode(t, broken); !strings.HasPrefix(got, "---\nline 1: ") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A quote that is never closed over a long file costs its own row.
func TestDecodeOpenQuote(t *testing.T) {
	in := "id,address\nQC-1,\"open\nQC-3,\"Kim Long, Huế\"\n" + strings.Repeat("QC-2,Huế\n", 10_000)
	got := decode(t, []byte(in))
	if n := strings.Count(got, `"id":"QC-2"`); n != 10_000 || !strings.Contains(got, `"id":"QC-3"`) || !strings.Contains(got, "line 2: a quote is not closed") {
		t.Errorf("%d rows", n)
	}
}

func ExampleDecode() {
	in := "Mã bảng;Loại hình;Kinh độ;Vĩ độ;Ngày hết hạn\nQC-001;LED;107,585;16,463;14/03/2027\nQC-002;LED;16,459;107,601;\n"
	billboard.Decode(strings.NewReader(in), formats.Sink[billboard.Record]{
		Record: func(r billboard.Record) error {
			line, err := json.Marshal(r)
			fmt.Println(string(line))
			return err
		},
		Refuse: func(r formats.Refusal) error {
			fmt.Println(r)
			return nil
		},
	})
	// Output:
	// {"kind":"registry","id":"QC-001","billboardKind":"LED","lon":107.585,"lat":16.463,"permitTo":"2027-03-14"}
	// line 3: Vĩ độ: lon 16,459, lat 107,601 is off the globe: swapped?
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, file := range files {
		if strings.HasSuffix(file, ".golden") {
			continue
		}
		in, _ := os.ReadFile(file)
		f.Add(in)
	}
	f.Add(workbook(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		count := func() {
			if n++; n > 8*len(b)+8 && !bytes.HasPrefix(b, []byte("PK")) {
				t.Fatalf("%d records in %d bytes", n, len(b))
			}
		}
		err := billboard.Decode(bytes.NewReader(b), formats.Sink[billboard.Record]{
			Record: func(r billboard.Record) error {
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
