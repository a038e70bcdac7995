package serve

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"sync"

	"github.com/pkg/sftp"
	ftpserver "goftp.io/server/v2"
	"golang.org/x/crypto/ssh"
)

// The stations' loggers send to two servers: those of air by FTP, those of
// water by SFTP. Both know one user.
const loggerUser, loggerPassword = "quantrac", "demo"

func airSystem() service {
	return service{name: "air", ports: []string{"ftp"}, run: func(ctx context.Context, s *Server) error { return serveFTP(ctx, s) }, sources: `
  - name: air
    format: monitoring-txt
    address: ftp://{{.Port "ftp"}}/khong-khi
    user: ` + loggerUser + `
    password: ` + loggerPassword + `
    every: 60s
`}
}

func waterSystem() service {
	return service{name: "water", ports: []string{"sftp"}, run: func(ctx context.Context, s *Server) error { return serveSFTP(ctx, s) }, sources: `
  - name: water
    format: monitoring-txt
    address: sftp://{{.Port "sftp"}}/nuoc
    user: ` + loggerUser + `
    password: ` + loggerPassword + `
    hostKey: {{.HostKey}}
    every: 60s
`}
}

// HostKey is the SFTP server's public key as ssh-keyscan shows it.
func (p place) HostKey() string {
	return string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(p.s.hostKey().PublicKey())))
}

// hostKey is made of the province's seed: it stays the same for ever.
func (s *Server) hostKey() ssh.Signer {
	seed := sha256.Sum256(fmt.Appendf(nil, "host key of the province %d", s.o.Seed))
	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		panic(err) // an ed25519 key always makes a signer
	}
	return signer
}

// listenUntil listens until ctx ends, and then cuts every connection: a server
// that was stopped is dead. serve is called for each.
func listenUntil(ctx context.Context, address string, serve func(net.Listener) error) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	k := &killable{Listener: l, open: map[net.Conn]bool{}}
	defer context.AfterFunc(ctx, k.kill)()
	defer k.kill()
	return serve(k)
}

// killable is a listener that knows its connections.
type killable struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]bool
}

func (k *killable) Accept() (net.Conn, error) {
	conn, err := k.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &killableConn{conn, k}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open[c] = true
	return c, nil
}

func (k *killable) kill() {
	k.Listener.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	for c := range k.open {
		c.(*killableConn).Conn.Close()
	}
}

type killableConn struct {
	net.Conn
	of *killable
}

func (c *killableConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

func serveFTP(ctx context.Context, s *Server) error {
	server, err := ftpserver.NewServer(&ftpserver.Options{
		Driver: ftpFiles{s}, Auth: &ftpserver.SimpleAuth{Name: loggerUser, Password: loggerPassword},
		Perm: ftpserver.NewSimplePerm("quantrac", "quantrac"), Logger: &ftpserver.DiscardLogger{}, PublicIP: "127.0.0.1",
	})
	if err != nil {
		return err
	}
	return listenUntil(ctx, s.Address("ftp"), server.Serve)
}

// ftpFiles lets FTP read the files, and write nothing.
type ftpFiles struct{ s *Server }

var errReadOnly = errors.New("the server is read only")

func (f ftpFiles) Stat(_ *ftpserver.Context, name string) (os.FileInfo, error) {
	return waterOf(f.s).files().stat(name)
}

func (f ftpFiles) ListDir(_ *ftpserver.Context, dir string, each func(os.FileInfo) error) error {
	entries, err := waterOf(f.s).files().list(dir)
	for _, e := range entries {
		if err := each(e); err != nil {
			return err
		}
	}
	return err
}

func (f ftpFiles) GetFile(_ *ftpserver.Context, name string, from int64) (int64, io.ReadCloser, error) {
	file, err := waterOf(f.s).files().open(name)
	if err != nil {
		return 0, nil, err
	}
	text := file.text[min(int(from), len(file.text)):]
	return int64(len(text)), io.NopCloser(bytes.NewReader(text)), nil
}

func (ftpFiles) DeleteDir(*ftpserver.Context, string) error      { return errReadOnly }
func (ftpFiles) DeleteFile(*ftpserver.Context, string) error     { return errReadOnly }
func (ftpFiles) Rename(*ftpserver.Context, string, string) error { return errReadOnly }
func (ftpFiles) MakeDir(*ftpserver.Context, string) error        { return errReadOnly }
func (ftpFiles) PutFile(*ftpserver.Context, string, io.Reader, int64) (int64, error) {
	return 0, errReadOnly
}

func serveSFTP(ctx context.Context, s *Server) error {
	config := &ssh.ServerConfig{PasswordCallback: func(conn ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
		if conn.User() != loggerUser || string(password) != loggerPassword {
			return nil, errors.New("user or password is wrong")
		}
		return nil, nil
	}}
	config.AddHostKey(s.hostKey())
	return listenUntil(ctx, s.Address("sftp"), func(l net.Listener) error {
		var sessions sync.WaitGroup
		defer sessions.Wait()
		for {
			conn, err := l.Accept()
			if err != nil {
				return err
			}
			sessions.Go(func() {
				defer conn.Close()
				serveSSH(conn, config, sftp.Handlers{FileGet: sftpFiles{s}, FilePut: sftpFiles{s}, FileCmd: sftpFiles{s}, FileList: sftpFiles{s}})
			})
		}
	})
}

// serveSSH lets one client have SFTP, and nothing else.
func serveSSH(conn net.Conn, config *ssh.ServerConfig, files sftp.Handlers) {
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	var running sync.WaitGroup
	defer running.Wait()
	for c := range channels {
		if c.ChannelType() != "session" {
			c.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		channel, asked, err := c.Accept()
		if err != nil {
			return
		}
		running.Go(func() {
			defer channel.Close()
			for r := range asked {
				wanted := r.Type == "subsystem" && bytes.HasSuffix(r.Payload, []byte("sftp"))
				r.Reply(wanted, nil)
				if wanted {
					running.Go(func() {
						defer channel.Close()
						sftp.NewRequestServer(channel, files).Serve()
					})
				}
			}
		})
	}
}

// sftpFiles lets SFTP read the files, and write nothing.
type sftpFiles struct{ s *Server }

func (f sftpFiles) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	file, err := waterOf(f.s).files().open(r.Filepath)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(file.text), nil
}

func (sftpFiles) Filewrite(*sftp.Request) (io.WriterAt, error) { return nil, fs.ErrPermission }
func (sftpFiles) Filecmd(*sftp.Request) error                  { return fs.ErrPermission }

func (f sftpFiles) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	tree := waterOf(f.s).files()
	if r.Method == "List" {
		entries, err := tree.list(r.Filepath)
		return sftpEntries(entries), err
	}
	info, err := tree.stat(r.Filepath)
	if err != nil {
		return nil, err
	}
	return sftpEntries{info}, nil
}

// sftpEntries are handed out from any place.
type sftpEntries []os.FileInfo

func (e sftpEntries) ListAt(out []os.FileInfo, from int64) (int, error) {
	if from >= int64(len(e)) {
		return 0, io.EOF
	}
	n := copy(out, e[from:])
	if n < len(out) {
		return n, io.EOF
	}
	return n, nil
}
