package connect_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	ftpserver "goftp.io/server/v2"
	"goftp.io/server/v2/driver/file"
	"golang.org/x/crypto/ssh"
)

// txtServer listens for a test and cuts all connections behind it.
func txtServer(t *testing.T, serve func(net.Listener)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(l)
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return address
}

// startFTP serves a folder by FTP, plain (ftp), or encrypted when the client
// asks (ftpes) or from the beginning (ftps).
func startFTP(t *testing.T, dir, mode string) (address, pin string) {
	t.Helper()
	driver, err := file.NewDriver(dir)
	if err != nil {
		t.Fatal(err)
	}
	cert := selfSigned(t)
	sum := sha256.Sum256(cert.Certificate[0])
	pin = "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	if mode == "ftps" { // the server below encrypts no data then
		return txtServer(t, func(l net.Listener) { implicitFTP(tls.NewListener(l, config), config, dir) }), pin
	}
	server, err := ftpserver.NewServer(&ftpserver.Options{Driver: driver, Auth: &ftpserver.SimpleAuth{Name: "tram", Password: "mat khau"},
		Perm: ftpserver.NewSimplePerm("u", "g"), Logger: &ftpserver.DiscardLogger{}, PublicIP: "127.0.0.1",
		TLS: mode != "ftp", TLSConfig: config, ExplicitFTPS: mode == "ftpes", Port: freePort(t), Hostname: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	// The server reads its TLS configuration only where it listens by itself.
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		server.ListenAndServe()
	}()
	address = net.JoinHostPort(server.Hostname, portText(server.Port))
	t.Cleanup(func() {
		server.Shutdown()
		<-stopped
	})
	deadline := time.Now().Add(10 * time.Second)
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	return address, pin
}

// implicitFTP is as much of a server with TLS from the first byte as a reader
// meets.
func implicitFTP(l net.Listener, config *tls.Config, dir string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			control := textproto.NewConn(conn)
			control.PrintfLine("220 ready")
			var data net.Listener
			send := func(text string) {
				control.PrintfLine("150 here it comes")
				if c, err := data.Accept(); err == nil {
					io.WriteString(c, text)
					c.Close()
				}
				data.Close()
				control.PrintfLine("226 done")
			}
			for {
				line, err := control.ReadLine()
				if err != nil {
					return
				}
				verb, argument, _ := strings.Cut(line, " ")
				path := filepath.Join(dir, argument)
				switch verb {
				case "USER":
					control.PrintfLine("331 password?")
				case "PASS":
					if argument != "mat khau" {
						control.PrintfLine("530 no")
						continue
					}
					control.PrintfLine("230 in")
				case "FEAT":
					control.PrintfLine("211 none")
				case "EPSV":
					plain, err := net.Listen("tcp", "127.0.0.1:0")
					if err != nil {
						return
					}
					data = tls.NewListener(plain, config)
					control.PrintfLine("229 Entering Extended Passive Mode (|||%d|)", plain.Addr().(*net.TCPAddr).Port)
				case "LIST":
					entries, err := os.ReadDir(path)
					if err != nil {
						control.PrintfLine("550 no such folder")
						continue
					}
					var out strings.Builder
					for _, e := range entries {
						info, _ := e.Info()
						fmt.Fprintf(&out, "%s 1 u g %d %s %s\r\n", map[bool]string{true: "drwxr-xr-x", false: "-rw-r--r--"}[e.IsDir()], info.Size(), info.ModTime().UTC().Format("Jan _2 15:04"), e.Name())
					}
					send(out.String())
				case "RETR":
					text, _ := os.ReadFile(path)
					send(string(text))
				case "QUIT":
					control.PrintfLine("221 bye")
					return
				default:
					control.PrintfLine("200 all right")
				}
			}
		}()
	}
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func portText(port int) string { return big.NewInt(int64(port)).String() }

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "so tai nguyen"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// someFiles is a folder with two stations' files.
func someFiles(t *testing.T) string {
	f := txtFolder{t, t.TempDir()}
	f.put("in/KK_PHU_BAI/HUE_KK_PHU_BAI_20260301120000.txt", "PM2.5\t12,5\tug/m3\t20260301120000\t00\n", txtNoon)
	f.put("in/HUE_NT_PHU_BAI_20260301120000.txt", "pH\t7.25\t-\t20260301120000\t00\n", txtNoon)
	return f.dir
}

func TestMonitoringFTP(t *testing.T) {
	for _, mode := range []string{"ftp", "ftpes", "ftps"} {
		t.Run(mode, func(t *testing.T) {
			dir := someFiles(t)
			address, pin := startFTP(t, dir, mode)
			login := []string{"user: tram", "password: mat khau"}
			if mode != "ftp" {
				newWebHub(t, "monitoring-txt", mode+"://"+address+"/in", login...).fails("certificate")
				other := "hostKey: SHA256:" + strings.Repeat("A", 43)
				newWebHub(t, "monitoring-txt", mode+"://"+address+"/in", append(login, other)...).fails("has the fingerprint " + pin)
				login = append(login, "hostKey: "+pin)
			}
			h := newWebHub(t, "monitoring-txt", mode+"://"+address+"/in", login...)
			if r := h.read(); r.In != 2 || r.Quarantined != 0 {
				t.Fatalf("%+v", r)
			}
			h.want("SELECT string_agg(feature_id || ' ' || value, ' ' ORDER BY feature_id) FROM readings", "station:KK_PHU_BAI 12.5 station:NT_PHU_BAI 7.25")
			if r := h.read(); r.In != 0 {
				t.Errorf("%+v", r)
			}
			newWebHub(t, "monitoring-txt", mode+"://"+address+"/in", append(login[2:], "user: tram", "password: wrong")...).fails("log in at " + mode)
			newWebHub(t, "monitoring-txt", mode+"://"+address+"/nowhere", login...).fails("list the folder")
		})
	}
}

// startSFTP serves a folder to one user, who has a password or a key.
func startSFTP(t *testing.T, dir string, userKey ssh.PublicKey) (address string, hostKey ssh.PublicKey) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if c.User() != "tram" || string(password) != "mat khau" {
				return nil, errors.New("no")
			}
			return nil, nil
		},
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if userKey == nil || string(key.Marshal()) != string(userKey.Marshal()) {
				return nil, errors.New("no")
			}
			return nil, nil
		},
	}
	config.AddHostKey(signer)
	address = txtServer(t, func(l net.Listener) {
		var open sync.WaitGroup
		defer open.Wait()
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { serveOneSFTP(conn, config, dir) })
		}
	})
	return address, signer.PublicKey()
}

func serveOneSFTP(conn net.Conn, config *ssh.ServerConfig, dir string) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, asked, err := c.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range asked {
				r.Reply(r.Type == "subsystem", nil)
			}
		}()
		if server, err := sftp.NewServer(channel, sftp.ReadOnly(), sftp.WithServerWorkingDirectory(dir)); err == nil {
			server.Serve()
		}
		channel.Close()
	}
}

func TestMonitoringSFTP(t *testing.T) {
	dir := someFiles(t)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	userKey, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	address, hostKey := startSFTP(t, dir, userKey)
	whole := "hostKey: " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(hostKey)))
	for _, test := range []struct{ name, path, key string }{
		{"a whole key, from home", "/~/in", whole},
		{"as ssh-keyscan shows it", "/~/in", strings.Replace(whole, ": ", ": \"[127.0.0.1]:22 ", 1) + "\""},
		{"a fingerprint, from the root", filepath.Join(dir, "in"), "hostKey: " + ssh.FingerprintSHA256(hostKey)},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newWebHub(t, "monitoring-txt", "sftp://"+address+test.path, "user: tram", "password: mat khau", test.key)
			if r := h.read(); r.In != 2 || r.Quarantined != 0 {
				t.Fatalf("%+v", r)
			}
			if r := h.read(); r.In != 0 {
				t.Errorf("%+v", r)
			}
		})
	}
	t.Run("another key", func(t *testing.T) {
		newWebHub(t, "monitoring-txt", "sftp://"+address+"/~/in", "user: tram", "password: mat khau", "hostKey: SHA256:"+strings.Repeat("A", 43)).fails("not the one of hostKey")
	})
	t.Run("another password", func(t *testing.T) {
		newWebHub(t, "monitoring-txt", "sftp://"+address+"/~/in", "user: tram", "password: x", whole).fails("unable to authenticate")
	})
	t.Run("a private key", func(t *testing.T) {
		block, err := ssh.MarshalPrivateKey(private, "")
		if err != nil {
			t.Fatal(err)
		}
		h := newWebHub(t, "monitoring-txt", "sftp://"+address+"/~/in", "user: tram", whole)
		h.Sources[0].Password = string(pem.EncodeToMemory(block))
		if r := h.read(); r.In != 2 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("one file is locked away", func(t *testing.T) {
		f := txtFolder{t, filepath.Join(dir, "in")}
		f.put("HUE_NT_PHU_BAI_20260301121500.txt", "pH\t7.5\t-\t20260301121500\t00\n", txtNoon.Add(time.Minute))
		locked := filepath.Join(f.dir, "HUE_NT_PHU_BAI_20260301120000.txt")
		if err := os.Remove(locked); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(f.dir, "nowhere"), locked); err != nil {
			t.Fatal(err)
		}
		h := newWebHub(t, "monitoring-txt", "sftp://"+address+"/~/in", "user: tram", "password: mat khau", whole)
		h.fails("1 files could not be read; the first: HUE_NT_PHU_BAI_20260301120000.txt")
		h.want(txtCount, "2")
		if err := os.Remove(locked); err != nil {
			t.Fatal(err)
		}
		f.put("HUE_NT_PHU_BAI_20260301120000.txt", "pH\t7.25\t-\t20260301120000\t00\n", txtNoon)
		h.read()
		h.want(txtCount, "3")
	})
	t.Run("nobody there", func(t *testing.T) {
		closed, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		closed.Close()
		newWebHub(t, "monitoring-txt", "sftp://"+closed.Addr().String()+"/in", "user: tram", "password: mat khau", whole).fails("connect to sftp://")
	})
}
