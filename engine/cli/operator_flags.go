package cli

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"moonlark/engine/face/terminal"
	"moonlark/engine/fleet/center"
	"moonlark/engine/safetext"
)

// operatorFlags say how an operator connects with the hub of a fleet.
type operatorFlags struct {
	Hub      string `placeholder:"URL" help:"Address of the hub, such as tls://hub.example:4222. The default is in the file hub.url in --fleet-dir."`
	Creds    string `placeholder:"FILE" help:"Credentials of the operator. The default is operator.creds in --fleet-dir."`
	CA       string `name:"ca" placeholder:"FILE" help:"Certificates of the authorities that may have signed the certificate of the hub. The default is ca.pem in --fleet-dir, or else those of the system."`
	FleetDir string `default:"fleet" placeholder:"FOLDER" help:"Folder with the files of the operator (${default})."`
}

// maxHubFile is how long the files hub.url and ca.pem can be, in bytes.
const maxHubFile = 1 << 20

// A hubAddress says how to connect with a hub.
type hubAddress struct {
	url   string
	creds string         // path of the credentials
	roots *x509.CertPool // nil means those of the system
}

// dial connects with the hub. The caller must call close.
func (f operatorFlags) dial(ctx context.Context, con *console) (hub center.Hub, close func(), err error) {
	address, err := f.address()
	if err != nil {
		return nil, nil, &usageError{err}
	}
	screen := terminal.New(terminal.Options{Stdout: con.stderr, Stderr: con.stderr})
	hub, closeHub, err := con.dialHub(ctx, address, screen.Logger())
	if err != nil {
		screen.Close()
		return nil, nil, err
	}
	return hub, func() { closeHub(); screen.Close() }, nil
}

// address returns how to connect with the hub.
func (f operatorFlags) address() (a hubAddress, err error) {
	if a.url = f.Hub; a.url == "" {
		text, err := readHubFile(filepath.Join(f.FleetDir, hubURLFile))
		if errors.Is(err, fs.ErrNotExist) {
			return a, fmt.Errorf("no hub is named: add --hub, or --fleet-dir with a folder that has the file hub.url (%s has none)", f.FleetDir)
		} else if err != nil {
			return a, err
		}
		a.url = strings.TrimSpace(string(text))
	}
	a.creds = cmp.Or(f.Creds, filepath.Join(f.FleetDir, "operator.creds"))
	if _, err := os.Stat(a.creds); errors.Is(err, fs.ErrNotExist) && f.Creds == "" {
		return a, fmt.Errorf("there are no credentials: add --creds, or --fleet-dir with a folder that has the file operator.creds (%s has none)", f.FleetDir)
	} else if err != nil {
		return a, err
	}
	file := cmp.Or(f.CA, filepath.Join(f.FleetDir, hubCAFile))
	a.roots, err = readCA(file)
	if errors.Is(err, fs.ErrNotExist) && f.CA == "" {
		return a, nil
	}
	return a, err
}

// readCA reads a file with certificates of authorities, in PEM form.
func readCA(file string) (*x509.CertPool, error) {
	text, err := readHubFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", file)
	}
	return pool, nil
}

// readHubFile reads a short file.
func readHubFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxHubFile+1))
	if err == nil && len(text) > maxHubFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxHubFile)
	}
	return text, err
}

// operator returns who uses this terminal, such as "anna@office", for the notes of a rollout.
func operator() string {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return safetext.Cut(safetext.Line(name), 60, "...")
}

// findTarget returns the key of the wish for a target of the command line.
func findTarget(ctx context.Context, hub center.Hub, target string) (string, error) {
	f, err := center.Look(ctx, hub)
	if err != nil {
		return "", err
	}
	key, err := f.Find(target)
	if err != nil {
		return "", &usageError{err}
	}
	return key, nil
}
