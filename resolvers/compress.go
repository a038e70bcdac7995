package resolvers

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packFrom is the size from which an answer is packed: below it fits into one
// packet either way.
const packFrom = 1 << 10

// packers keeps encoders for the next answer: a new one is large.
type packers struct{ gzip, zstd sync.Pool }

// encoder packs what is written to it; Close writes the end.
type encoder interface {
	io.WriteCloser
	Reset(io.Writer)
}

func newPackers() *packers {
	return &packers{
		gzip: sync.Pool{New: func() any {
			e, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for an unknown level only
			return e
		}},
		// One goroutine, the request's own, and a window that repeats of JSON fit
		// into: an encoder then takes little memory.
		zstd: sync.Pool{New: func() any {
			e, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
				zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true)) // fails for unknown options only
			return e
		}},
	}
}

// send answers with the parts one after another, packed if the client takes it
// and it is worth it. Nobody is left to tell of a client that went away.
func (p *packers) send(w http.ResponseWriter, r *http.Request, status int, parts ...[]byte) {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	w.Header().Add("Vary", "Accept-Encoding")
	coding := codingOf(r.Header.Values("Accept-Encoding"), size)
	if coding == "" {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		w.WriteHeader(status)
		write(w, parts)
		return
	}
	pool := &p.gzip
	if coding == "zstd" {
		pool = &p.zstd
	}
	w.Header().Set("Content-Encoding", coding)
	w.WriteHeader(status)
	e := pool.Get().(encoder)
	e.Reset(w)
	write(e, parts)
	e.Close()
	e.Reset(nil) // it waits for its next answer without holding on to this one
	pool.Put(e)
}

func write(w io.Writer, parts [][]byte) {
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return
		}
	}
}

// codingOf is how an answer of a size is packed, "" for not at all: what the
// client weighs highest, zstd before gzip. What it does not want packed, or what
// is small, is not, unless it refuses the plain form. A client that refuses
// everything gets the plain form: the operation has run by then.
func codingOf(accept []string, size int) string {
	if len(accept) == 0 {
		return ""
	}
	const unsaid = -1
	zstd, gzip, plain, rest := unsaid, unsaid, unsaid, unsaid
	for _, line := range accept {
		for coding := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(coding, ";")
			q := weight(params)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "zstd":
				zstd = q
			case "gzip", "x-gzip":
				gzip = q
			case "identity":
				plain = q
			case "*":
				rest = q
			}
		}
	}
	for _, q := range []*int{&zstd, &gzip, &plain} {
		if *q == unsaid {
			*q = rest
		}
	}
	best := max(zstd, gzip)
	switch {
	case best <= 0, plain != 0 && (size < packFrom || plain > best):
		return ""
	case zstd == best:
		return "zstd"
	}
	return "gzip"
}

// weight reads the q of a coding in thousandths; what is no weight counts as 0.
func weight(params string) int {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !(q >= 0 && q <= 1) {
				return 0
			}
			return int(q * 1000)
		}
	}
	return 1000
}
