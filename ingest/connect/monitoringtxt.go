package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"geohub/ingest"
	"geohub/ingest/formats"
	"geohub/ingest/formats/monitoringtxt"
)

// monitoringFormat reads the files of Circular 10/2021, one for each
// transmission of a station, from a folder and its sub-folders: on an FTP or
// SFTP server or on this machine. Its records are lines with the name of their
// file.
//
// A file that has been read at its size and time is not read again. Files are
// never missed for being late, as long as their time on the server is within
// the overlap (a day when it isn't said) of the newest; nothing is deleted
// because a file is.
func monitoringFormat() ingest.Format {
	return define("monitoring-txt", []string{"user", "hostKey", "decimalComma", "overlap"}, connectMonitoring, decodeMonitoring, nil)
}

func connectMonitoring(s *ingest.Source) (ingest.Reader, error) {
	u, err := url.Parse(s.Address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	var open func(context.Context) (folder, error)
	switch u.Scheme {
	case "", "file":
		open = func(context.Context) (folder, error) { return openDisk(u) }
	case "ftp", "ftps", "ftpes":
		open = func(ctx context.Context) (folder, error) { return openFTP(ctx, s, u) }
	case "sftp":
		if s.HostKey == "" {
			return nil, fmt.Errorf("hostKey is missing: the server's public key as `ssh-keyscan -p PORT %s` shows it, or its fingerprint SHA256:… as its keeper gives it", u.Hostname())
		}
		if s.User == "" {
			return nil, errors.New("user is missing: SFTP has no visitors")
		}
		open = func(ctx context.Context) (folder, error) { return openSFTP(ctx, s, u) }
	default:
		return nil, fmt.Errorf("address %q: this format is read over ftp, ftps, ftpes, sftp or from a folder", s.Address)
	}
	if s.HostKey != "" {
		if u.Scheme == "" || u.Scheme == "file" || u.Scheme == "ftp" {
			return nil, errors.New("hostKey: there is nothing that it could be compared with")
		}
		if _, err := fingerprint(s.HostKey); err != nil {
			return nil, err
		}
	}
	return reading(func(ctx context.Context, from json.RawMessage, take taker) error {
		seen, err := seenFrom(from)
		if err != nil {
			return err
		}
		f, err := open(ctx)
		if err != nil {
			return err
		}
		defer f.Close()
		m := &transmissions{source: s, folder: f, seen: seen, overlap: 24 * time.Hour, take: take}
		if s.Overlap > 0 {
			m.overlap = time.Duration(s.Overlap)
		}
		return m.read(ctx)
	}), nil
}

// decodeMonitoring reads a file's lines behind a line with its name, as
// refused ones are kept.
func decodeMonitoring(s *ingest.Source, r io.Reader, sink formats.Sink[monitoringtxt.Sent]) error {
	text, err := io.ReadAll(io.LimitReader(r, formats.MaxRecord))
	if err != nil {
		return err
	}
	first, lines, _ := bytes.Cut(text, []byte("\n"))
	name, err := monitoringtxt.ParseName(strings.TrimSpace(string(first)))
	if err != nil {
		return fmt.Errorf("the file's name is due on the first line: %w", err)
	}
	return lineDecoder(s, time.Now()).Decode(bytes.NewReader(lines), sentBy(s, name, sink))
}

// lineDecoder reads by the source's clock; no line is newer than now or the
// file itself.
func lineDecoder(s *ingest.Source, file time.Time) monitoringtxt.Decoder {
	now := time.Now()
	if file.After(now) {
		now = file
	}
	now = now.Add(time.Duration(s.ClockAhead))
	return monitoringtxt.Decoder{Now: func() time.Time { return now }, Location: s.Location, DecimalComma: s.DecimalComma}
}

// sentBy joins lines with the name of their file.
func sentBy(s *ingest.Source, name monitoringtxt.Name, sink formats.Sink[monitoringtxt.Sent]) formats.Sink[monitoringtxt.Record] {
	name.Time = name.Time.Add(-time.Duration(s.ClockAhead))
	return formats.Sink[monitoringtxt.Record]{
		Record: func(r monitoringtxt.Record) error {
			r.Time = r.Time.Add(-time.Duration(s.ClockAhead))
			return sink.Record(monitoringtxt.Sent{File: name, Record: r})
		},
		Refuse: sink.Refuse,
	}
}

// transmissions reads the files of a folder.
type transmissions struct {
	source  *ingest.Source
	folder  folder
	seen    seenFiles
	overlap time.Duration
	take    taker
	batch   ingest.Batch
	files   int // that were read and not yet stored
}

// maxFilesABatch bounds what a failure makes be read again.
const maxFilesABatch = 500

func (m *transmissions) read(ctx context.Context) error {
	root, err := m.folder.list("")
	if err != nil {
		return fmt.Errorf("list the folder: %w", err)
	}
	dirs := []string{""}
	for _, e := range root {
		if e.dir && !strings.HasPrefix(e.name, ".") {
			dirs = append(dirs, e.name)
		}
	}
	slices.Sort(dirs)
	m.seen.keepOnly(dirs)
	bad := &unreadable{}
	for _, dir := range dirs {
		entries := root
		if dir != "" {
			if entries, err = m.folder.list(dir); err != nil {
				return fmt.Errorf("list the folder %s: %w", dir, err)
			}
		}
		if err := m.readDir(ctx, dir, entries, bad); err != nil {
			return err
		}
	}
	if m.files > 0 {
		if err := m.flush(ctx); err != nil {
			return err
		}
	}
	return bad.err()
}

// unreadable are files that could not be read, though the server answers.
type unreadable struct {
	n     int
	first error
}

func (u *unreadable) err() error {
	if u.n == 0 {
		return nil
	}
	return fmt.Errorf("%d files could not be read; the first: %w", u.n, u.first)
}

// readDir reads the new files of one folder, the oldest first.
func (m *transmissions) readDir(ctx context.Context, dir string, entries []listed, bad *unreadable) error {
	seen := m.seen.of(dir)
	files := slices.DeleteFunc(entries, func(e listed) bool { return e.dir || !strings.HasSuffix(strings.ToLower(e.name), ".txt") })
	slices.SortFunc(files, func(a, b listed) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	seen.forget(files)
	fresh := seen.fresh(files, m.overlap)
	for _, file := range fresh {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := m.readFile(ctx, dir, file, seen, beingWritten(files, file) && !seen.isOpen(file))
		switch {
		case errors.Is(err, errFile):
			if bad.n++; bad.first == nil {
				bad.first = fmt.Errorf("%s: %w", file.name, err)
			}
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", file.name, err)
		}
		if m.files++; m.files >= maxFilesABatch || m.batch.Len() >= maxBatch {
			if err := m.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// beingWritten says that a file is among the newest of its folder: what ends in
// the middle of a line may go on.
func beingWritten(files []listed, file listed) bool {
	return files[len(files)-1].at.Sub(file.at) < 10*time.Minute
}

func (m *transmissions) flush(ctx context.Context) error {
	for _, seen := range m.seen {
		seen.prune(m.overlap)
	}
	checkpoint, err := json.Marshal(m.seen)
	if err != nil {
		return err
	}
	full := m.batch
	full.Checkpoint = json.RawMessage(checkpoint)
	m.batch, m.files = ingest.Batch{}, 0
	return m.take(ctx, &full)
}

// readFile reads one file into the batch. A file that may still grow and whose
// last line has no end is read without that line, and again next time.
func (m *transmissions) readFile(ctx context.Context, dir string, file listed, seen *seenFolder, growing bool) error {
	name, err := monitoringtxt.ParseName(file.name)
	if err != nil {
		m.batch.Refused = append(m.batch.Refused, formats.Reject(0, "", []byte(file.name), "the file's name: %v", err))
		seen.add(file)
		return nil
	}
	path := file.name
	if dir != "" {
		path = dir + "/" + file.name
	}
	body, err := m.folder.open(path)
	if err != nil {
		return err
	}
	defer body.Close()
	text := &lineEnds{r: body, growing: growing}
	sink := formats.Sink[monitoringtxt.Sent]{
		Record: func(r monitoringtxt.Sent) error {
			m.batch.Records = append(m.batch.Records, r)
			return m.full(ctx)
		},
		Refuse: func(r formats.Refusal) error {
			r.Raw = append([]byte(file.name+"\n"), r.Raw...)
			m.batch.Refused = append(m.batch.Refused, r)
			return m.full(ctx)
		},
	}
	if err := lineDecoder(m.source, file.at).Decode(text, sentBy(m.source, name, sink)); err != nil {
		return err
	}
	if text.cut {
		seen.leaveOpen(file)
	} else {
		seen.add(file)
	}
	return nil
}

// full stores a batch in the middle of a file, without a new checkpoint: the
// file is read whole or again.
func (m *transmissions) full(ctx context.Context) error {
	if m.batch.Len() < 2*maxBatch {
		return nil
	}
	b := m.batch
	m.batch = ingest.Batch{}
	return m.take(ctx, &b)
}

// lineEnds passes on a text. Of one that is growing it keeps back the last
// line when that has no end, and says so.
type lineEnds struct {
	r       io.Reader
	growing bool
	cut     bool
	held    []byte
	err     error
}

func (l *lineEnds) Read(b []byte) (int, error) {
	if !l.growing && len(l.held) == 0 {
		return l.r.Read(b)
	}
	for l.err == nil {
		if end := bytes.LastIndexByte(l.held, '\n'); end >= 0 {
			n := copy(b, l.held[:end+1])
			l.held = l.held[n:]
			return n, nil
		}
		if !l.growing || len(l.held) > formats.MaxRecord {
			l.growing = false // no line is as long
			break
		}
		piece := make([]byte, 32<<10)
		var n int
		n, l.err = l.r.Read(piece)
		l.held = append(l.held, piece[:n]...)
	}
	if end := bytes.LastIndexByte(l.held, '\n'); end >= 0 || !l.growing && len(l.held) > 0 {
		n := len(l.held)
		if l.growing {
			n = end + 1
		}
		n = copy(b, l.held[:n])
		l.held = l.held[n:]
		return n, nil
	}
	if l.err == nil {
		return l.r.Read(b)
	}
	l.cut = l.err == io.EOF && len(l.held) > 0
	return 0, l.err
}
