package serve

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"geohub/systems"
)

// fileTree is what the loggers have sent and the department keeps: air in a
// folder a station, water in one folder.
type fileTree struct {
	files map[string]*textFile            // by path: "/kk/QT_KK_HUE/HUE_….txt"
	dirs  map[string]map[string]*textFile // by path: what lies in it, a nil entry for a folder of its own
}

// textFile is a file as it lies there.
type textFile struct {
	name string
	text []byte
	at   time.Time
}

// The station whose logger writes a decimal comma, and the one whose writes a
// byte order mark and CRLF.
const commaStation, crlfStation = "KK_PHU_BAI", "QT_N_DA_VIEN"

// keptFiles is how far back the files reach.
const keptFiles = 48 * time.Hour

// fileParameters are how the loggers call what they measure, and its unit.
var fileParameters = map[string][2]string{
	"pm25": {"PM2.5", "µg/m3"}, "pm10": {"PM10", "µg/m3"}, "temperature": {"Nhietdo", "oC"},
	"ph": {"pH", "-"}, "cod": {"COD", "mg/l"}, "tss": {"TSS", "mg/L"},
}

var fileStates = map[systems.ReadingQuality]string{systems.QualityCalibration: "01", systems.QualityFault: "02"}

// transmissions writes a file for each time at which a station measured.
func (w *water) transmissions() *fileTree {
	t := &fileTree{files: map[string]*textFile{}, dirs: map[string]map[string]*textFile{"/": {}}}
	for _, st := range w.stations {
		if !sendsFiles(st) {
			continue
		}
		dir := "/nuoc"
		if *st.StationKind == "AIR" {
			dir = "/khong-khi/" + *st.Code
		}
		t.addDir(dir)
		at := map[time.Time][]systems.Reading{}
		var last time.Time
		for _, r := range w.readings[st.ID] {
			if fileParameters[r.Parameter] != [2]string{} {
				at[r.At] = append(at[r.At], r)
				last = later(last, r.At)
			}
		}
		for _, when := range slices.SortedFunc(maps.Keys(at), time.Time.Compare) {
			if when.After(last.Add(-keptFiles)) {
				t.add(dir, *st.Code, when, at[when])
			}
		}
	}
	return t
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (t *fileTree) addDir(dir string) {
	for ; dir != "/"; dir = path.Dir(dir) {
		if t.dirs[dir] == nil {
			t.dirs[dir] = map[string]*textFile{}
		}
		parent := path.Dir(dir)
		if t.dirs[parent] == nil {
			t.dirs[parent] = map[string]*textFile{}
		}
		t.dirs[parent][path.Base(dir)] = nil
	}
}

// saigonStamp is GMT+7, as the circular writes it.
func saigonStamp(at time.Time) string {
	return at.In(time.FixedZone("", 7*60*60)).Format("20060102150405")
}

func (t *fileTree) add(dir, code string, at time.Time, readings []systems.Reading) {
	var out strings.Builder
	end := "\n"
	if code == crlfStation {
		out.WriteString("\ufeff")
		end = "\r\n"
	}
	for _, r := range readings {
		value := "-"
		if r.Value != nil {
			value = strconv.FormatFloat(*r.Value, 'f', -1, 64)
		}
		if code == commaStation {
			value = strings.Replace(value, ".", ",", 1)
		}
		state := fileStates[r.Quality]
		if state == "" {
			state = "00"
		}
		p := fileParameters[r.Parameter]
		fmt.Fprintf(&out, "%s\t%s\t%s\t%s\t%s%s", p[0], value, p[1], saigonStamp(r.At), state, end)
	}
	f := &textFile{"HUE_" + code + "_" + saigonStamp(at) + ".txt", []byte(out.String()), at}
	t.files[path.Join(dir, f.name)] = f
	t.dirs[dir][f.name] = f
}

// stat is what is known of a path; fs.ErrNotExist when nothing is there.
func (t *fileTree) stat(name string) (os.FileInfo, error) {
	name = path.Clean("/" + name)
	if f := t.files[name]; f != nil {
		return fileEntry{f.name, f}, nil
	}
	if t.dirs[name] != nil {
		return fileEntry{path.Base(name), nil}, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

func (t *fileTree) list(dir string) ([]os.FileInfo, error) {
	dir = path.Clean("/" + dir)
	if t.dirs[dir] == nil {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: fs.ErrNotExist}
	}
	var out []os.FileInfo
	for _, name := range slices.Sorted(maps.Keys(t.dirs[dir])) {
		out = append(out, fileEntry{name, t.dirs[dir][name]})
	}
	return out, nil
}

func (t *fileTree) open(name string) (*textFile, error) {
	f := t.files[path.Clean("/"+name)]
	if f == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f, nil
}

// fileEntry is an entry of a folder; of a folder itself without a file.
type fileEntry struct {
	name string
	file *textFile
}

func (e fileEntry) Name() string { return e.name }
func (e fileEntry) IsDir() bool  { return e.file == nil }
func (e fileEntry) Sys() any     { return nil }

func (e fileEntry) Size() int64 {
	if e.file == nil {
		return 0
	}
	return int64(len(e.file.text))
}

func (e fileEntry) Mode() fs.FileMode {
	if e.file == nil {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

func (e fileEntry) ModTime() time.Time {
	if e.file == nil {
		return time.Time{}
	}
	return e.file.at
}
