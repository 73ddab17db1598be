package sockets

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

// TLS are the fields of the option tls.
type TLS struct {
	ca, cert, key tlsFile
	serverName    string
	minVersion    uint16

	Insecure bool // the certificate of the other end is not checked
}

// A tlsFile is a file with certificates or a key.
type tlsFile struct {
	path  string       // as the script calls it; "" if the option is not set
	place permit.Place // set by TLS.Resolve
}

// maxFile is the maximal length of a file with certificates or a key, in bytes.
const maxFile = 1 << 20

// InsecureWarning is what a module logs, once for each script, when a script uses verify = false.
const InsecureWarning = "with tls.verify = false, others on the way can read and change what is sent: name the certificate with tls.ca instead"

// ParseTLS returns the option tls, which is a table, or nil if it was left out. It finds the files,
// so it may block. The error is a *permit.Denied if the script may not read one of the files.
func ParseTLS(b *permit.Broker, t *lua.LTable) (*TLS, error) {
	o, err := ParseTLSFields(t)
	if err == nil {
		err = o.Resolve(b)
	}
	return o, err
}

// ParseTLSFields is like ParseTLS, but does not find the files. Call Resolve before Load and
// Config.
func ParseTLSFields(t *lua.LTable) (*TLS, error) {
	o := &TLS{minVersion: tls.VersionTLS12}
	if t == nil {
		return o, nil
	}
	if err := value.CheckFields(t, []string{"ca", "cert", "key", "server_name", "min_version", "verify"}); err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	for field, text := range map[string]*string{"ca": &o.ca.path, "cert": &o.cert.path, "key": &o.key.path, "server_name": &o.serverName} {
		var err error
		if *text, err = value.OptionalString(t, field); err != nil {
			return nil, fmt.Errorf("tls.%w", err)
		}
	}
	if (o.cert.path == "") != (o.key.path == "") {
		return nil, fmt.Errorf("tls needs both cert and key")
	}
	switch v := t.RawGetString("min_version"); v {
	case lua.LNil, lua.LString("1.2"):
	case lua.LString("1.3"):
		o.minVersion = tls.VersionTLS13
	default:
		return nil, fmt.Errorf("tls.min_version must be \"1.2\" or \"1.3\"")
	}
	switch t.RawGetString("verify") {
	case lua.LNil, lua.LTrue:
	case lua.LFalse:
		o.Insecure = true
	default:
		return nil, fmt.Errorf("tls.verify must be true or false")
	}
	return o, nil
}

// Resolve finds the files of o. It may block. The error is a *permit.Denied if the script may not
// read one of them, and otherwise a *Failure.
func (o *TLS) Resolve(b *permit.Broker) (err error) {
	for _, f := range []*tlsFile{&o.ca, &o.cert, &o.key} {
		if f.path == "" {
			continue
		}
		f.place, err = b.Resolve(f.path, false)
		var denied *permit.Denied
		if errors.As(err, &denied) {
			return err
		}
		if err != nil {
			return f.failure(err)
		}
	}
	return nil
}

// failure returns the Failure for an error of the file.
func (f *tlsFile) failure(err error) *Failure {
	explained := files.Explain(f.path, err)
	return &Failure{explained.Code, explained.Reason}
}

// Config reads the files of o and returns the configuration of TLS: see Load and LoadedTLS.Config.
func (o *TLS) Config(host string) (*tls.Config, error) {
	loaded, err := o.Load()
	if err != nil {
		return nil, err
	}
	return loaded.Config(host)
}

// Load reads the files of o. It may block. The error is a *Failure.
func (o *TLS) Load() (loaded LoadedTLS, err error) {
	loaded = LoadedTLS{serverName: o.serverName, minVersion: o.minVersion, insecure: o.Insecure}
	for _, file := range []struct {
		from *tlsFile
		to   *loadedFile
	}{{&o.ca, &loaded.ca}, {&o.cert, &loaded.cert}, {&o.key, &loaded.key}} {
		if file.from.path == "" {
			continue
		}
		if file.to.text, err = readFile(file.from); err != nil {
			return LoadedTLS{}, err
		}
		file.to.path = file.from.place.Path
	}
	return loaded, nil
}

// A LoadedTLS is the option tls with the content of its files. Two of them are equal (==) if
// connections with the one may be used instead of connections with the other.
type LoadedTLS struct {
	ca, cert, key loadedFile
	serverName    string
	minVersion    uint16
	insecure      bool
}

type loadedFile struct{ path, text string }

// ForOtherHost returns what is used for a host that the script has not named, such as that of a
// redirect: there is no certificate for this end, and the certificate of the host is checked.
func (o LoadedTLS) ForOtherHost() LoadedTLS {
	o.cert, o.key, o.serverName, o.insecure = loadedFile{}, loadedFile{}, "", false
	return o
}

// Config returns the configuration of TLS. host is the name in the certificate of the other end,
// unless o has another. The error is a *Failure.
func (o LoadedTLS) Config(host string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: o.minVersion, ServerName: o.serverName, InsecureSkipVerify: o.insecure}
	if config.ServerName == "" {
		config.ServerName = host
	}
	if o.ca.path != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(o.ca.text)) {
			return nil, Fail("invalid", "%s has no certificate in PEM form", o.ca.path)
		}
	}
	if o.cert.path == "" {
		return config, nil
	}
	pair, err := tls.X509KeyPair([]byte(o.cert.text), []byte(o.key.text))
	if err != nil {
		return nil, Fail("invalid", "%s and %s are not a certificate and its key: %s", o.cert.path, o.key.path, err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// CheckServer returns an error unless o has what a server needs, and nothing else.
func (o *TLS) CheckServer() error {
	switch {
	case o.cert.path == "":
		return fmt.Errorf("the tls of a server needs cert and key")
	case o.ca.path != "" || o.serverName != "" || o.Insecure:
		return fmt.Errorf("the tls of a server has only cert, key and min_version")
	}
	return nil
}

// readFile returns the content of a file that has been resolved. The error is a *Failure.
func readFile(file *tlsFile) (string, error) {
	text, err := readPlace(file.place)
	if err != nil {
		return "", file.failure(err)
	}
	if len(text) > maxFile {
		return "", Fail("too_large", "%s has more than %d bytes", file.place.Path, maxFile)
	}
	return string(text), nil
}

func readPlace(p permit.Place) ([]byte, error) {
	f, err := p.OpenFile(0, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = files.ErrFolder
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}
