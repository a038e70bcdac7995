package connect

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"geohub/ingest"
)

// sftpFolder is a folder of a server that speaks SFTP over SSH.
type sftpFolder struct {
	ssh  *ssh.Client
	sftp *sftp.Client
	root string
	dog  *watchdog
}

// openSFTP connects to a server whose key is that of hostKey; to another it
// doesn't send the password.
func openSFTP(ctx context.Context, s *ingest.Source, u *url.URL) (folder, error) {
	port := u.Port()
	if port == "" {
		port = "22"
	}
	methods, err := sshLogin(s)
	if err != nil {
		return nil, err
	}
	pinned, err := fingerprint(s.HostKey)
	if err != nil {
		return nil, err
	}
	config := &ssh.ClientConfig{User: s.User, Auth: methods, Timeout: idleTimeout, HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
		if got := ssh.FingerprintSHA256(key); got != pinned {
			return fmt.Errorf("the server's key has the fingerprint %s, not the one of hostKey", got)
		}
		return nil
	}}
	if algorithm := keyAlgorithm(s.HostKey); algorithm != "" {
		config.HostKeyAlgorithms = algorithmsOf(algorithm)
	}
	address := net.JoinHostPort(u.Hostname(), port)
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", u.Redacted(), err)
	}
	f := &sftpFolder{root: u.Path, dog: watch(ctx, func() { conn.Close() })}
	err = f.dog.during(func() error {
		c, channels, requests, err := ssh.NewClientConn(paced{conn, f.dog}, address, config)
		if err != nil {
			return err
		}
		f.ssh = ssh.NewClient(c, channels, requests)
		f.sftp, err = sftp.NewClient(f.ssh)
		return err
	})
	if err != nil {
		conn.Close()
		f.dog.close()
		return nil, fmt.Errorf("connect to %s: %w", u.Redacted(), err)
	}
	return f, nil
}

// sshLogin is how a source shows who it is: by its password, or by a private
// key that stands in the password's place.
func sshLogin(s *ingest.Source) ([]ssh.AuthMethod, error) {
	if strings.HasPrefix(s.Password, "-----BEGIN") {
		key, err := ssh.ParsePrivateKey([]byte(s.Password))
		if err != nil {
			return nil, fmt.Errorf("password holds a private key that can't be read: %w", err)
		}
		return []ssh.AuthMethod{ssh.PublicKeys(key)}, nil
	}
	answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = s.Password
		}
		return answers, nil
	}
	return []ssh.AuthMethod{ssh.Password(s.Password), ssh.KeyboardInteractive(answer)}, nil
}

// fingerprint is what hostKey pins, as SHA256:…: it is that itself, or a public
// key as ssh-keyscan shows it, with or without the host before it.
func fingerprint(hostKey string) (string, error) {
	text := strings.TrimSpace(hostKey)
	if digest, ok := strings.CutPrefix(text, "SHA256:"); ok {
		if b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(digest, "=")); err != nil || len(b) != 32 {
			return "", fmt.Errorf("hostKey %.60q is no SHA-256 in base64", text)
		}
		return "SHA256:" + strings.TrimRight(digest, "="), nil
	}
	key, err := publicKey(text)
	if err != nil {
		return "", err
	}
	return ssh.FingerprintSHA256(key), nil
}

func publicKey(text string) (ssh.PublicKey, error) {
	fields := strings.Fields(text)
	for i := range fields {
		if key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(strings.Join(fields[i:], " "))); err == nil {
			return key, nil
		}
	}
	return nil, fmt.Errorf("hostKey %.60q is neither a public key (ssh-keyscan shows it) nor a fingerprint SHA256:…", text)
}

func pinOf(sum [32]byte) string { return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]) }

// keyAlgorithm is the kind of a key given whole: a server with several shows
// that one then. "" of a fingerprint.
func keyAlgorithm(hostKey string) string {
	if key, err := publicKey(strings.TrimSpace(hostKey)); err == nil {
		return key.Type()
	}
	return ""
}

// algorithmsOf are the signatures by a kind of key.
func algorithmsOf(kind string) []string {
	if kind == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{kind}
}

func (f *sftpFolder) list(dir string) ([]listed, error) {
	var out []listed
	err := f.dog.during(func() error {
		entries, err := f.sftp.ReadDir(f.at(dir))
		for _, e := range entries {
			out = append(out, listed{e.Name(), e.Size(), e.ModTime(), e.IsDir()})
		}
		return err
	})
	return out, err
}

// at is a path on the server: from its root, or behind /~/ and without any
// path from where it puts the user.
func (f *sftpFolder) at(name string) string {
	if rest, home := strings.CutPrefix(f.root+"/", "/~/"); home || f.root == "" {
		return path.Join(".", rest, name)
	}
	return path.Join(f.root, name)
}

func (f *sftpFolder) open(name string) (io.ReadCloser, error) {
	var file *sftp.File
	err := f.dog.during(func() (err error) {
		file, err = f.sftp.Open(f.at(name))
		return err
	})
	var said *sftp.StatusError
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) || errors.As(err, &said) {
		return nil, errors.Join(errFile, err)
	}
	if err != nil {
		return nil, err
	}
	return watched{file, f.dog}, nil
}

func (f *sftpFolder) Close() error {
	defer f.dog.close()
	return f.dog.during(func() error { return errors.Join(f.sftp.Close(), f.ssh.Close()) })
}
