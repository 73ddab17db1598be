package hub

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// year is longer than the longest year.
const year = 366 * 24 * time.Hour

// mustCertify is Certificate, and fails the test if there is an error.
func mustCertify(t *testing.T, dir string, hosts ...string) *Certified {
	t.Helper()
	c, err := Certificate(dir, hosts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dial connects as a client that trusts the authority, and returns the certificates that the server has
// sent.
func dial(t *testing.T, c *Certified, host string) ([]*x509.Certificate, error) {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(c.CA) {
		t.Fatalf("%q is no certificate", c.CA)
	}
	near, far := net.Pipe()
	server := tls.Server(far, c.Server)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer far.Close()
		server.Handshake() // its error is that of the client
	}()
	client := tls.Client(near, &tls.Config{RootCAs: pool, ServerName: host})
	err := client.Handshake()
	near.Close()
	<-ended
	return client.ConnectionState().PeerCertificates, err
}

func TestACertificateIsForTheHosts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	hosts := []string{"hub.local", "192.168.1.5", "fd00::0005", "Kiosk-7"}
	c := mustCertify(t, dir, hosts...)
	for _, host := range []string{"hub.local", "192.168.1.5", "fd00::5", "kiosk-7"} {
		if _, err := dial(t, c, host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := dial(t, c, "other.local"); err == nil {
		t.Error("other.local: no error")
	}
	if _, err := dial(t, mustCertify(t, t.TempDir(), "hub.local"), "hub.local"); err != nil {
		t.Error(err)
	}
}

// A client that only knows the fingerprint finds the certificate of the authority in the connection.
func TestAConnectionShowsTheAuthority(t *testing.T) {
	c := mustCertify(t, t.TempDir(), "hub.local")
	peers, err := dial(t, c, "hub.local")
	if err != nil || len(peers) != 2 {
		t.Fatalf("%d certificates, %v", len(peers), err)
	}
	sum := sha256.Sum256(peers[1].Raw)
	if got := hex.EncodeToString(sum[:]); got != c.Fingerprint {
		t.Errorf("the fingerprint is %s, want %s", got, c.Fingerprint)
	}
	if block, _ := pem.Decode(c.CA); block == nil || string(block.Bytes) != string(peers[1].Raw) {
		t.Error("the connection shows another authority")
	}
	if peers[0].IsCA || !peers[1].IsCA {
		t.Error("the certificate of the server can sign others, or that of the authority cannot")
	}
}

func TestTheFolderKeepsTheCertificates(t *testing.T) {
	dir := t.TempDir()
	first := mustCertify(t, dir, "hub.local", "10.0.0.1")
	second := mustCertify(t, dir, "hub.local", "10.0.0.1")
	if first.Fingerprint != second.Fingerprint {
		t.Error("another authority")
	}
	if serial(t, first) != serial(t, second) {
		t.Error("another certificate for the same hosts")
	}
	third := mustCertify(t, dir, "hub.local", "10.0.0.2")
	if first.Fingerprint != third.Fingerprint || serial(t, first) == serial(t, third) {
		t.Error("other hosts need another certificate of the same authority")
	}
	if _, err := dial(t, third, "10.0.0.2"); err != nil {
		t.Error(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
		if strings.HasPrefix(f.Name(), ".new-") {
			t.Errorf("%s is left", f.Name())
		}
	}
}

// serial returns the serial number of the certificate of the server.
func serial(t *testing.T, c *Certified) string {
	t.Helper()
	pair, err := c.Server.GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf.SerialNumber.String()
}

// The certificate of the server is renewed while the hub runs, and at a start. Clients always accept it.
func TestTheCertificateIsRenewed(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(30 * year) // in the bubble, it is the year 2000
		c := mustCertify(t, dir, "hub.local")
		old := serial(t, c)
		time.Sleep(200 * 24 * time.Hour)
		if serial(t, c) != old {
			t.Error("the certificate is renewed too early")
		}
		for month := range 12 * 19 {
			time.Sleep(year / 12)
			peers, err := dial(t, c, "hub.local")
			if err != nil {
				t.Fatalf("after %d months: %v", month, err)
			}
			if left := time.Until(peers[0].NotAfter); left < renewTime {
				t.Fatalf("after %d months: valid for %v only", month, left)
			}
		}
		latest := serial(t, c)
		if again := mustCertify(t, dir, "hub.local"); latest == old || serial(t, again) != latest || again.Fingerprint != c.Fingerprint {
			t.Error("a start does not use the certificate that was renewed")
		}
		time.Sleep(2 * year)
		if _, err := Certificate(dir, "hub.local"); err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "set the clock") {
			t.Errorf("after the end of the authority: %v", err)
		}
	})
}

// A disk that cannot be written does not end the hub: the new certificate is used all the same.
func TestTheCertificateIsRenewedWithoutADisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(30 * year)
		c := mustCertify(t, dir, "hub.local")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		time.Sleep(year)
		if _, err := dial(t, c, "hub.local"); err != nil {
			t.Error(err)
		}
	})
}

func TestAClockThatIsNotSetMakesNoAuthority(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		if _, err := Certificate(dir, "hub.local"); err == nil || !strings.Contains(err.Error(), "the clock of this machine is not set") {
			t.Error(err)
		}
		time.Sleep(30 * year)
		mustCertify(t, dir, "hub.local")
	})
}

func TestAFaultOfTheFolderNamesTheFile(t *testing.T) {
	write := func(name, content string) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600) }
	}
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
	}
	other := t.TempDir()
	mustCertify(t, other, "hub.local")
	foreign, err := os.ReadFile(filepath.Join(other, authorityName))
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"no key":               {remove(keyName), "ca.key is missing"},
		"damaged key":          {write(keyName, "x"), "ca.key: the file is damaged"},
		"damaged authority":    {write(authorityName, "x"), "ca.pem: the file is damaged"},
		"another authority":    {write(authorityName, string(foreign)), "ca.pem: the file is damaged"},
		"damaged certificate":  {write(serverName, "x"), ""},
		"foreign certificate":  {write(serverName, string(foreign)), ""},
		"no certificate":       {remove(serverName), ""},
		"killed after the key": {func(dir string) error { remove(serverName)(dir); return remove(authorityName)(dir) }, ""},
	} {
		dir := t.TempDir()
		before := mustCertify(t, dir, "hub.local")
		if err := row.damage(dir); err != nil {
			t.Fatal(err)
		}
		c, err := Certificate(dir, "hub.local")
		if row.want != "" {
			if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := dial(t, c, "hub.local"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := dial(t, &Certified{CA: before.CA, Server: c.Server}, "hub.local"); err != nil {
			t.Errorf("%s: a client that joined before: %v", name, err)
		}
	}
}

func TestBadHostsAreRefused(t *testing.T) {
	many := make([]string, maxHosts+1)
	for i := range many {
		many[i] = "hub.local"
	}
	for _, hosts := range [][]string{{}, many, {""}, {"a b"}, {"*.example"}, {"0.0.0.0"}, {"::"}, {"-x"}, {"x-.local"}, {"a..b"}, {"10.0.0.1:4222"}, {strings.Repeat("a", 64)}} {
		dir := t.TempDir()
		if _, err := Certificate(dir, hosts...); err == nil {
			t.Errorf("%.40q: no error", hosts)
		}
		if _, err := os.Stat(filepath.Join(dir, keyName)); !os.IsNotExist(err) {
			t.Errorf("%.40q: %v", hosts, err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Certificate(filepath.Join(file, "tls"), "hub.local"); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a folder below a file: %v", err)
	}
}
