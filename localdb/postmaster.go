//go:build unix

package localdb

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// noProcess is above any process id a kernel gives.
const noProcess = "2147483647"

// postmaster is what postmaster.pid tells of a server.
type postmaster struct {
	pid    int
	socket string // the folder of its socket
	ready  bool
}

// running gives the server of this cluster, if the process that
// postmaster.pid names is truly it.
func (p place) running() (postmaster, bool) {
	pm, err := p.readPid()
	if err != nil {
		return pm, false
	}
	return pm, p.isOurs(pm.pid)
}

// unreachable says that the server has lost its socket's file, for instance to
// a cleaner of temporary files, so that nobody can connect any more.
func (pm postmaster) unreachable() bool {
	_, err := os.Stat(socketFile(pm.socket))
	return pm.ready && errors.Is(err, os.ErrNotExist)
}

func socketFile(dir string) string { return filepath.Join(dir, ".s.PGSQL."+port) }

func (p place) pidFile() string { return filepath.Join(p.data(), "postmaster.pid") }

// readPid reads postmaster.pid: process, data folder, start time, port, socket
// folder, address, shared memory key, status, one a line, the later ones
// written as the start goes on.
func (p place) readPid() (postmaster, error) {
	raw, err := os.ReadFile(p.pidFile())
	if err != nil {
		return postmaster{}, err
	}
	lines := strings.Split(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return postmaster{}, fmt.Errorf("read postmaster.pid: %w", err)
	}
	pm := postmaster{pid: pid}
	if len(lines) > 4 {
		pm.socket = lines[4]
	}
	if len(lines) > 7 {
		pm.ready = strings.TrimSpace(lines[7]) == "ready"
	}
	return pm, nil
}

// isOurs tells our server from a process that got a dead one's id: its
// arguments or its working folder name our data folder.
func (p place) isOurs(pid int) bool {
	if pid <= 0 {
		return false
	}
	if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err == nil && cwd == p.data() {
		return isPostgres(commandLine(pid))
	}
	args := append(commandLine(pid), 0)
	data := []byte(p.data())
	return isPostgres(args) && (bytes.Contains(args, append(data, 0)) || bytes.Contains(args, append(data, ' ')))
}

// isPostgres looks at the program's name; a zombie has none.
func isPostgres(args []byte) bool {
	program, _, _ := bytes.Cut(args, []byte{0})
	return bytes.Contains(program, []byte("postgres"))
}

// commandLine is a process's arguments, NUL between them where the system
// tells them apart; empty if there is no such process.
func commandLine(pid int) []byte {
	if _, err := os.Stat("/proc/self/cmdline"); err == nil {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			return nil
		}
		return raw
	}
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil
	}
	return out
}

// clearStale removes what a killed server left and a new one would stumble
// over. Only for when none runs.
func (p place) clearStale(socket string) error {
	for _, path := range []string{socketFile(socket), socketFile(socket) + ".lock"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	pm, err := p.readPid()
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return os.Remove(p.pidFile()) // cut off by a crash
	case errors.Is(syscall.Kill(pm.pid, 0), syscall.ESRCH):
		return nil // postgres sees for itself
	}
	// The id has gone to another process, which postgres would take for a
	// server. Removing the file would also remove the shared memory key, by
	// which postgres finds a dead server's children still writing.
	raw, err := os.ReadFile(p.pidFile())
	if err != nil {
		return err
	}
	_, rest, _ := bytes.Cut(raw, []byte("\n"))
	if err := os.WriteFile(p.pidFile(), append([]byte(noProcess+"\n"), rest...), 0o600); err != nil {
		return fmt.Errorf("mark the stale postmaster.pid: %w", err)
	}
	return nil
}
