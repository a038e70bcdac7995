package connect

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// folder is a tree of files, on this machine or on a server. One goroutine
// uses it.
type folder interface {
	// list gives what lies in a folder, by its path below the source's; "" is
	// that itself.
	list(dir string) ([]listed, error)
	open(path string) (io.ReadCloser, error)
	io.Closer
}

// listed is an entry of a folder.
type listed struct {
	name string
	size int64
	at   time.Time // when it was changed last, as the server says
	dir  bool
}

// errFile marks a fault of one file: the connection is all right.
var errFile = errors.New("this file can't be read")

// diskFolder is a folder of this machine.
type diskFolder string

func openDisk(u *url.URL) (folder, error) {
	info, err := os.Stat(u.Path)
	if err == nil && !info.IsDir() {
		err = errors.New(u.Path + " is no folder")
	}
	return diskFolder(u.Path), err
}

func (d diskFolder) list(dir string) ([]listed, error) {
	entries, err := os.ReadDir(filepath.Join(string(d), dir))
	if err != nil {
		return nil, err
	}
	var out []listed
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(string(d), dir, e.Name()))
		if err != nil {
			continue // it has gone since
		}
		out = append(out, listed{e.Name(), info.Size(), info.ModTime(), info.IsDir()})
	}
	return out, nil
}

func (d diskFolder) open(path string) (io.ReadCloser, error) {
	f, err := os.Open(filepath.Join(string(d), path))
	if err != nil {
		return nil, errors.Join(errFile, err)
	}
	return f, nil
}

func (diskFolder) Close() error { return nil }

// watchdog cuts the connection of a server that stopped in the middle of what
// it was asked for, and of a read that was given up.
type watchdog struct {
	timer   *time.Timer
	busy    atomic.Bool // something is being waited for
	bitten  atomic.Bool
	release func() bool
}

// watch guards a connection until it is closed. cut must end all that waits.
func watch(ctx context.Context, cut func()) *watchdog {
	w := &watchdog{}
	w.timer = time.AfterFunc(time.Hour, func() {
		w.bitten.Store(true)
		cut()
	})
	w.timer.Stop()
	w.release = context.AfterFunc(ctx, cut)
	return w
}

// during does something that the server has to answer: it may take as long as
// it likes while something comes.
func (w *watchdog) during(do func() error) error {
	w.busy.Store(true)
	w.timer.Reset(idleTimeout)
	err := do()
	w.busy.Store(false)
	w.timer.Stop()
	if err != nil && err != io.EOF && w.bitten.Load() {
		return errIdle
	}
	return err
}

func (w *watchdog) close() {
	w.timer.Stop()
	w.release()
}

// paced is a connection that tells its watchdog of each sign of life.
type paced struct {
	net.Conn
	dog *watchdog
}

func (c paced) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.dog.busy.Load() {
		c.dog.timer.Reset(idleTimeout)
	}
	return n, err
}

// watched is a file of a server that is watched.
type watched struct {
	io.ReadCloser
	dog *watchdog
}

func (f watched) Read(b []byte) (n int, err error) {
	err = f.dog.during(func() (err error) {
		n, err = f.ReadCloser.Read(b)
		return err
	})
	return n, err
}

func (f watched) Close() error { return f.dog.during(f.ReadCloser.Close) }
