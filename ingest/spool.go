package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Bounds of a spool: what a stream may leave while the database is away, and
// how much of it is stored at once.
const (
	maxSpool  = 2 << 30
	spoolPart = 1 << 20
)

// spool is a file of raw lines that a stream sent while the database was away.
// The nil spool keeps nothing.
type spool struct {
	f    *os.File
	size int64
}

// openSpool opens a source's file in a folder; nil when there is no folder.
func openSpool(folder, source string) (*spool, error) {
	if folder == "" {
		return nil, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(folder, source+".spool"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &spool{f, info.Size()}, nil
}

func (s *spool) close() {
	if s != nil {
		s.f.Close()
	}
}

// keep appends lines and has them on the disk when it returns.
func (s *spool) keep(lines []byte) error {
	if s.size+int64(len(lines)) > maxSpool {
		return fmt.Errorf("the database is away and the spool is full (%d MiB)", s.size>>20)
	}
	if len(lines) > 0 && lines[len(lines)-1] != '\n' {
		lines = append(bytes.Clone(lines), '\n')
	}
	if _, err := s.f.WriteAt(lines, s.size); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	s.size += int64(len(lines))
	return s.f.Sync()
}

// drain hands all that was kept to store, some whole lines at a time, and
// forgets it once all is stored. If that stops half-way what was stored comes
// again: storing twice is storing once.
func (s *spool) drain(store func([]byte) error) error {
	if s == nil || s.size == 0 {
		return nil
	}
	in := bufio.NewReaderSize(io.NewSectionReader(s.f, 0, s.size), spoolPart)
	var part []byte
	for {
		line, err := in.ReadSlice('\n')
		part = append(part, line...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("spool: %w", err)
		}
		if len(part) >= spoolPart || err != nil && len(part) > 0 {
			if err := store(part); err != nil {
				return err
			}
			part = part[:0]
		}
		if err != nil {
			break
		}
	}
	if err := s.f.Truncate(0); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	s.size = 0
	return nil
}

// decode reads raw input of a source into a batch.
func (r *Runner) decode(s *Source, raw []byte, b *Batch) error {
	return r.Formats[s.Format].Decode(s, bytes.NewReader(raw), Into[any](b))
}
