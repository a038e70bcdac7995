package connect

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/jlaffaye/ftp"

	"geohub/ingest"
)

// ftpFolder is a folder of an FTP server: ftp:// without encryption, ftps://
// with TLS from the first byte (port 990), ftpes:// with TLS once the server
// has been asked for it (AUTH TLS, port 21).
type ftpFolder struct {
	conn *ftp.ServerConn
	root string
	dog  *watchdog
}

// login is the name and password of a source, or those by which servers know
// nobody in particular.
func login(s *ingest.Source) (user, password string) {
	if s.User == "" {
		return "anonymous", "anonymous"
	}
	return s.User, s.Password
}

// openFTP connects. A data connection goes to the host that the control
// connection has, whatever address the server names.
func openFTP(ctx context.Context, s *ingest.Source, u *url.URL) (folder, error) {
	port := u.Port()
	if port == "" {
		port = map[string]string{"ftp": "21", "ftpes": "21", "ftps": "990"}[u.Scheme]
	}
	lines := &ftpLines{ctx: ctx, scheme: u.Scheme}
	options := []ftp.DialOption{ftp.DialWithDialFunc(lines.dial), ftp.DialWithLocation(time.UTC), ftp.DialWithShutTimeout(idleTimeout)}
	if u.Scheme != "ftp" {
		config, err := ftpTLS(s, u.Hostname())
		if err != nil {
			return nil, err
		}
		lines.tls = config
		if u.Scheme == "ftps" {
			options = append(options, ftp.DialWithTLS(config))
		} else {
			options = append(options, ftp.DialWithExplicitTLS(config))
		}
	}
	f := &ftpFolder{root: u.Path, dog: watch(ctx, lines.close)}
	lines.dog = f.dog
	err := f.dog.during(func() (err error) {
		if f.conn, err = ftp.Dial(net.JoinHostPort(u.Hostname(), port), options...); err != nil {
			return fmt.Errorf("connect to %s: %w", u.Redacted(), err)
		}
		user, password := login(s)
		if err := f.conn.Login(user, password); err != nil {
			return fmt.Errorf("log in at %s as %s: %w", u.Redacted(), user, err)
		}
		return nil
	})
	if err != nil {
		lines.close()
		f.dog.close()
		return nil, err
	}
	return f, nil
}

// ftpTLS checks the server by its certificate's authority or, where the
// declaration has its fingerprint, by that: the department's server signs its
// certificate itself. Data connections take up the control connection's
// session, as strict servers want it.
func ftpTLS(s *ingest.Source, host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	if s.HostKey == "" {
		return config, nil
	}
	pinned, err := fingerprint(s.HostKey)
	if err != nil {
		return nil, err
	}
	config.InsecureSkipVerify = true // the pin says more than an authority
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if got := certificatePin(state.PeerCertificates[0]); got != pinned {
			return fmt.Errorf("the server's certificate has the fingerprint %s, not the one of hostKey", got)
		}
		return nil
	}
	return config, nil
}

// certificatePin is a certificate's fingerprint as hostKey has it.
func certificatePin(c *x509.Certificate) string { return pinOf(sha256.Sum256(c.Raw)) }

// ftpLines are the connections to one server.
type ftpLines struct {
	ctx    context.Context
	scheme string
	tls    *tls.Config
	dog    *watchdog

	mu   sync.Mutex
	open []net.Conn // the control connection, then the newest data connection
}

func (l *ftpLines) dial(network, address string) (net.Conn, error) {
	plain, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(l.ctx, network, address)
	if err != nil {
		return nil, err
	}
	conn := paced{plain, l.dog}
	l.mu.Lock()
	defer l.mu.Unlock()
	control := len(l.open) == 0
	l.open = append(l.open[:min(1, len(l.open))], conn)
	if l.tls != nil && (!control || l.scheme == "ftps") {
		return tls.Client(conn, l.tls), nil
	}
	return conn, nil
}

func (l *ftpLines) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range l.open {
		conn.Close()
	}
}

func (f *ftpFolder) list(dir string) ([]listed, error) {
	var out []listed
	err := f.dog.during(func() error {
		entries, err := f.conn.List(path.Join("/", f.root, dir))
		for _, e := range entries {
			name := path.Base(strings.TrimRight(e.Name, "/"))
			if name == "." || name == ".." || name == "/" {
				continue
			}
			out = append(out, listed{name, int64(e.Size), e.Time, e.Type == ftp.EntryTypeFolder})
		}
		return err
	})
	return out, err
}

func (f *ftpFolder) open(name string) (io.ReadCloser, error) {
	var body *ftp.Response
	err := f.dog.during(func() (err error) {
		body, err = f.conn.Retr(path.Join("/", f.root, name))
		return err
	})
	var said *textproto.Error
	if errors.As(err, &said) && said.Code >= 500 && said.Code != ftp.StatusNotLoggedIn {
		return nil, errors.Join(errFile, err)
	}
	if err != nil {
		return nil, err
	}
	return watched{body, f.dog}, nil
}

func (f *ftpFolder) Close() error {
	defer f.dog.close()
	return f.dog.during(f.conn.Quit)
}
