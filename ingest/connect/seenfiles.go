package connect

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"time"
)

// seenFiles is a checkpoint: which files have been read, by folder. It grows
// with what came within the overlap, not with what lies in the folders.
type seenFiles map[string]*seenFolder

// seenFolder is a folder's part. All files that are older than the newest by
// more than the overlap have been read; of the others those have that are
// named, by a digest of name, size and time.
type seenFolder struct {
	Newest int64   `json:"newest"` // Unix time in seconds
	Read   digests `json:"read,omitempty"`
	Open   digests `json:"open,omitempty"` // those that ended in the middle of a line
}

// digests are a set that is short as JSON: the times of files, Unix seconds,
// by their digests.
type digests map[uint64]int64

// MarshalJSON writes digests and times, 12 bytes each, in base64.
func (d digests) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 12*len(d))
	for _, digest := range slices.Sorted(maps.Keys(d)) {
		b = binary.BigEndian.AppendUint64(b, digest)
		b = binary.BigEndian.AppendUint32(b, uint32(d[digest]))
	}
	return json.Marshal(base64.RawStdEncoding.EncodeToString(b))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *digests) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return err
	}
	*d = digests{}
	for ; len(b) >= 12; b = b[12:] {
		(*d)[binary.BigEndian.Uint64(b)] = int64(binary.BigEndian.Uint32(b[8:]))
	}
	return nil
}

func seenFrom(checkpoint json.RawMessage) (seenFiles, error) {
	seen := seenFiles{}
	if checkpoint == nil {
		return seen, nil
	}
	if err := json.Unmarshal(checkpoint, &seen); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return seen, nil
}

// keepOnly forgets folders that are no more.
func (s seenFiles) keepOnly(dirs []string) {
	maps.DeleteFunc(s, func(dir string, _ *seenFolder) bool { return !slices.Contains(dirs, dir) })
}

func (s seenFiles) of(dir string) *seenFolder {
	f := s[dir]
	if f == nil {
		f = &seenFolder{}
		s[dir] = f
	}
	if f.Read == nil {
		f.Read = digests{}
	}
	if f.Open == nil {
		f.Open = digests{}
	}
	return f
}

func digestOfFile(e listed) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%d\x00%d", e.name, e.size, e.at.Unix())
	return h.Sum64()
}

// horizon is the time before which everything has been read.
func (f *seenFolder) horizon(overlap time.Duration) int64 {
	if f.Newest == 0 {
		return math.MinInt64
	}
	return f.Newest - int64(overlap/time.Second)
}

// fresh are the files that have not been read as they are now.
func (f *seenFolder) fresh(files []listed, overlap time.Duration) []listed {
	horizon := f.horizon(overlap)
	var out []listed
	for _, e := range files {
		if _, read := f.Read[digestOfFile(e)]; !read && e.at.Unix() >= horizon {
			out = append(out, e)
		}
	}
	return out
}

// isOpen says that the file ended in the middle of a line and has not changed
// since: it is as whole as it will be.
func (f *seenFolder) isOpen(e listed) bool {
	_, open := f.Open[digestOfFile(e)]
	return open
}

// add notes that a file has been read. A time that lies far ahead is some
// clock's fault and moves nothing.
func (f *seenFolder) add(e listed) {
	digest := digestOfFile(e)
	f.Read[digest] = e.at.Unix()
	delete(f.Open, digest)
	f.move(e)
}

func (f *seenFolder) leaveOpen(e listed) {
	f.Open[digestOfFile(e)] = e.at.Unix()
	f.move(e)
}

func (f *seenFolder) move(e listed) {
	if at := e.at.Unix(); e.at.Before(time.Now().Add(aheadOfUs)) {
		f.Newest = max(f.Newest, at)
	}
}

// aheadOfUs is how far a server's clock may be ahead: some list local time.
const aheadOfUs = 24 * time.Hour

// prune forgets what lies before the horizon.
func (f *seenFolder) prune(overlap time.Duration) {
	horizon := f.horizon(overlap)
	old := func(_ uint64, at int64) bool { return at < horizon }
	maps.DeleteFunc(f.Read, old)
	maps.DeleteFunc(f.Open, old)
}

// forget drops what is no longer there: a file that grew, for the most part.
func (f *seenFolder) forget(files []listed) {
	there := make(digests, len(files))
	for _, e := range files {
		there[digestOfFile(e)] = 0
	}
	gone := func(digest uint64, _ int64) bool {
		_, stays := there[digest]
		return !stays
	}
	maps.DeleteFunc(f.Read, gone)
	maps.DeleteFunc(f.Open, gone)
}
