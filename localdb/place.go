//go:build unix

package localdb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// fallbackRoot holds the clusters whose own folder the server's user can't
// reach, such as one under /root.
const fallbackRoot = "/var/lib/geohub"

const (
	gateFile  = "start.lock" // held during each start and stop
	ownerFile = "owner.lock" // held as long as an owner lives
)

// maxSocketDir keeps <dir>/.s.PGSQL.5432.lock within sun_path: 108 bytes on
// Linux, 104 elsewhere.
const maxSocketDir = 90 - len("/.s.PGSQL."+port)

// maxLogBytes is when pg.log becomes pg.log.1, at a start.
const maxLogBytes = 16 << 20

// place is the folder of a cluster and who runs it there with what.
type place struct {
	dir  string // absolute, without symbolic links
	user account
	bin  Binaries
	bins []Binaries // all there are, the best first
}

// account is whom the server runs as.
type account struct {
	uid, gid   int
	credential *syscall.Credential // nil: as we are
}

func (p place) data() string    { return filepath.Join(p.dir, "pg") }
func (p place) logFile() string { return filepath.Join(p.dir, "pg.log") }

// locate settles where the cluster of dir is and who runs it. The note is for
// the operator, when it isn't dir.
func locate(dir string) (p place, note string, err error) {
	bins, err := findAll()
	if err != nil {
		return p, "", err
	}
	abs, err := settle(dir)
	if err != nil {
		return p, "", err
	}
	p = place{dir: abs, bin: bins[0], bins: bins}
	if p.user, err = serverUser(p.data()); err != nil {
		return p, "", err
	}
	if p.user.credential == nil || p.reachable() == nil {
		return p, "", nil
	}

	sum := sha256.Sum256([]byte(abs))
	base := strings.Trim(filepath.Base(abs), "./")
	elsewhere := filepath.Join(fallbackRoot, fmt.Sprintf("%s-%s", base, hex.EncodeToString(sum[:4])))
	if _, err := settle(fallbackRoot); err != nil {
		return p, "", err
	}
	if p.dir, err = settle(elsewhere); err != nil {
		return p, "", err
	}
	if p.user, err = serverUser(p.data()); err != nil {
		return p, "", err
	}
	if err := p.reachable(); err != nil {
		return p, "", fmt.Errorf("run postgres as user %d, for it refuses root: %w; run as a plain user instead", p.user.uid, err)
	}
	note = fmt.Sprintf("the database is in %s: PostgreSQL refuses to run as root, and user %d, who runs it instead, can't reach %s", p.dir, p.user.uid, abs)
	return p, note, nil
}

// settle makes the folder if need be, whatever the umask, and gives its true name.
func settle(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(abs); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(abs, 0o755); err != nil {
			return "", err
		}
		if err := os.Chmod(abs, 0o755); err != nil {
			return "", err
		}
	}
	return filepath.EvalSymlinks(abs)
}

// serverUser is the owner of the cluster if there is one, so that root and its
// maker may take turns; else ourselves, or for root a user who isn't.
func serverUser(data string) (account, error) {
	me := account{uid: os.Geteuid(), gid: os.Getegid()}
	var st syscall.Stat_t
	exists := syscall.Stat(data, &st) == nil
	switch {
	case me.uid != 0 && exists && int(st.Uid) != me.uid:
		return me, fmt.Errorf("%s belongs to user %d, we are %d: start as that user or as root, or give another folder", data, st.Uid, me.uid)
	case me.uid != 0:
		return me, nil
	case exists && st.Uid != 0:
		return other(int(st.Uid), int(st.Gid)), nil
	}
	for _, candidate := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(candidate)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr == nil && gidErr == nil {
			return other(uid, gid), nil
		}
	}
	return me, errors.New(`PostgreSQL refuses to run as root, and there is neither a user "postgres" nor "nobody": run as a plain user`)
}

func other(uid, gid int) account {
	return account{uid: uid, gid: gid, credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// reachable tries what the server will do: change into the folder as its user.
func (p place) reachable() error {
	cmd := p.command(p.bin.path("postgres"), "--version")
	cmd.Dir = p.dir
	return cmd.Run()
}

// choose takes the binaries of the cluster's version: another can't read it.
func (p *place) choose() error {
	raw, err := os.ReadFile(filepath.Join(p.data(), "PG_VERSION"))
	if err == nil {
		version, err := strconv.Atoi(strings.TrimSpace(string(raw)))
		if err != nil {
			return fmt.Errorf("read PG_VERSION of %s: %w", p.data(), err)
		}
		i := slices.IndexFunc(p.bins, func(b Binaries) bool { return b.Version == version })
		if i < 0 {
			return notInstalled(fmt.Sprintf("%s was made by PostgreSQL %d, found only %d", p.data(), version, p.bin.Version), version)
		}
		p.bin = p.bins[i]
	}
	if !p.bin.PostGIS {
		return notInstalled(fmt.Sprintf("PostgreSQL %d is there, its PostGIS is not", p.bin.Version), p.bin.Version)
	}
	return nil
}

// own hands a file over to the server's user.
func (p place) own(path string) error {
	if p.user.credential == nil {
		return nil
	}
	if err := os.Lchown(path, p.user.uid, p.user.gid); err != nil {
		return fmt.Errorf("hand %s to the user who runs postgres: %w", path, err)
	}
	return nil
}

// lock waits for the named lock of the folder; closing the file frees it, as
// does the end of the process.
func (p place) lock(ctx context.Context, file string) (*os.File, error) {
	for {
		f, err := p.tryLock(file)
		if f != nil || err != nil {
			return f, err
		}
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("wait for %s, held by another start or stop: %w", filepath.Join(p.dir, file), err)
		}
	}
}

// tryLock gives a nil file if another holds the lock.
func (p place) tryLock(file string) (*os.File, error) {
	path := filepath.Join(p.dir, file)
	// Reading is enough for flock, and possible where root made the file.
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case err == nil:
		return f, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		f.Close()
		return nil, nil
	default:
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
}

// socketDir makes the private folder of the socket: in the cluster's own
// folder, or a short one if the path were too long for a socket's address.
func (p place) socketDir() (string, error) {
	dir := filepath.Join(p.dir, "run")
	// pgx reads a comma as the end of a host.
	if len(dir) > maxSocketDir || strings.Contains(dir, ",") {
		sum := sha256.Sum256([]byte(p.dir))
		dir = filepath.Join(os.TempDir(), "geohub-"+hex.EncodeToString(sum[:6]))
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	// Others may write in the temporary folder: the name must not be theirs.
	var st syscall.Stat_t
	if err := syscall.Lstat(dir, &st); err != nil {
		return "", fmt.Errorf("look at %s: %w", dir, err)
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFDIR || int(st.Uid) != p.user.uid && int(st.Uid) != os.Geteuid() {
		return "", fmt.Errorf("%s, the folder for the database's socket, is no folder of ours (owner %d): remove it", dir, st.Uid)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return "", err
	}
	return dir, p.own(dir)
}

// openLog gives pg.log for appending and the place where this run's part begins.
func (p place) openLog() (f *os.File, from int64, err error) {
	if st, err := os.Stat(p.logFile()); err == nil && st.Size() > maxLogBytes {
		if err := os.Rename(p.logFile(), p.logFile()+".1"); err != nil {
			return nil, 0, err
		}
	}
	f, err = os.OpenFile(p.logFile(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, 0, err
	}
	st, err := f.Stat()
	if err == nil {
		err = p.own(p.logFile())
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, st.Size(), nil
}

// logTail is the end of pg.log, nothing from before the byte given.
func (p place) logTail(from int64) string {
	f, err := os.Open(p.logFile())
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return err.Error()
	}
	var t tail
	if _, err := io.Copy(&t, f); err != nil {
		return err.Error()
	}
	return t.String()
}
