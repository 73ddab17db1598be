//go:build !nohub

package serve_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/hub"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/fleet/serve"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(processVariable); folder != "" {
		runProcess(folder)
		return
	}
	goleak.VerifyTestMain(m)
}

// A testFleet is the fleet shop with its centre, which can be ended and started. The centre is ended with the
// test.
type testFleet struct {
	t      testing.TB
	dir    string // has the folder of the keys, and that of the streams
	folder *identity.Folder

	mu      sync.Mutex // guards the fields below
	address string     // of the hub; empty while the centre is away
	end     func()     // ends the centre; nil while it is away
	log     bytes.Buffer
}

// newFleet makes the keys of a fleet, whose centre is not started.
func newFleet(t testing.TB) *testFleet {
	t.Helper()
	f := &testFleet{t: t, dir: t.TempDir()}
	var err error
	if f.folder, err = identity.Init(f.path("shop"), "shop"); err != nil {
		t.Fatal(err)
	}
	f.addKeys(1, "shop")
	t.Cleanup(f.stop)
	return f
}

func (f *testFleet) path(name string) string { return filepath.Join(f.dir, name) }

// addKeys makes keys with these names the ones that sign bundles. Keys of the set before must be among them,
// or sign the new set too: signers are those who sign besides.
func (f *testFleet) addKeys(number int64, name string, signers ...string) {
	f.t.Helper()
	text, err := fleettest.KeySet("shop", number, name).Encode()
	if err == nil {
		err = f.folder.AddKeySet(text, fleettest.Sign(text, append(signers, name)...))
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// options returns the options of the centre of the fleet in dir.
func options(dir string, folder *identity.Folder) (serve.Options, error) {
	o := serve.Options{Folder: folder, Server: hub.Options{Listen: "127.0.0.1:0", Store: filepath.Join(dir, "store"), MaxConnections: 60_000}}
	hubPath, err := folder.OwnCredentials(identity.Hub)
	if err != nil {
		return o, err
	}
	operatorPath, err := folder.OwnCredentials(identity.Operator)
	if err != nil {
		return o, err
	}
	var err2 error
	o.Hub, err = os.ReadFile(hubPath)
	o.Controller, err2 = os.ReadFile(operatorPath)
	return o, errors.Join(err, err2)
}

// start starts the centre in this process, on another port than before.
func (f *testFleet) start() {
	f.t.Helper()
	o, err := options(f.dir, f.folder)
	if err != nil {
		f.t.Fatal(err)
	}
	o.Log = slog.New(slog.NewTextHandler(f, nil))
	ready, done := make(chan struct{}), make(chan error, 1)
	o.Ready = func(url string, _ center.Hub) error {
		f.setAddress(url)
		close(ready)
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- serve.Run(ctx, o) }()
	select {
	case <-ready:
	case err := <-done:
		cancel()
		f.t.Fatal("the centre does not start: ", err)
	}
	f.setEnd(func() {
		cancel()
		if err := <-done; err != nil {
			f.t.Error("the centre: ", err)
		}
	})
}

// stop ends the centre, if it runs.
func (f *testFleet) stop() {
	f.mu.Lock()
	end := f.end
	f.end, f.address = nil, ""
	f.mu.Unlock()
	if end != nil {
		end()
	}
}

func (f *testFleet) setEnd(end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end = end
}

func (f *testFleet) setAddress(url string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, f.address, _ = strings.Cut(url, "://")
}

// connection returns the options of a connection with the hub. Without TLS, it is with the hub wherever it listens
// at that time.
func (f *testFleet) connection(creds []byte) nats.Options {
	f.t.Helper()
	ca, err := os.ReadFile(f.path(securedFolder + "/ca.crt"))
	if err != nil {
		return nats.Options{Creds: creds, InProcess: f.dial}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	o := nats.Options{Creds: creds, URL: "tls://" + f.address, RootCAs: x509.NewCertPool()}
	if !o.RootCAs.AppendCertsFromPEM(ca) {
		f.t.Fatal("the certificate of the hub is damaged")
	}
	return o
}

// dial connects with the hub, wherever it listens now.
func (f *testFleet) dial() (net.Conn, error) {
	f.mu.Lock()
	address := f.address
	f.mu.Unlock()
	if address == "" {
		return nil, errors.New("the hub is away")
	}
	return net.Dial("tcp", address)
}

// Write adds to the log of the centre.
func (f *testFleet) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.Write(p)
}

// logs reports whether the log of the centre contains a text.
func (f *testFleet) logs(text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Contains(f.log.String(), text)
}

// credentials returns the credentials of a new member.
func (f *testFleet) credentials(role identity.Role, name string, groups ...string) []byte {
	f.t.Helper()
	creds, err := f.folder.Credentials(role, name, groups)
	if err != nil {
		f.t.Fatal(err)
	}
	return creds
}

// operator returns the connection of an operator, which lasts until the end of the test.
func (f *testFleet) operator() *nats.Center {
	f.t.Helper()
	c, err := nats.DialCenter(f.t.Context(), f.connection(f.credentials(identity.Operator, "anna")))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(c.Close)
	return c
}

// shop returns a bundle with a script, which is on trial for a second, and with a file of ten chunks.
func shop(version int64, keys ...string) fleettest.Bundle {
	source := "v" + string('0'+rune(version/10)) + string('0'+rune(version%10))
	return fleettest.Bundle{
		Version: version, Keys: keys,
		Files:  map[string]string{"kiosk.lua": source, "a.wav": strings.Repeat(source+"----------", 100_000)},
		Change: func(m *bundle.Manifest) { m.Trial = 1 },
	}
}

// publish publishes a bundle for all devices.
func publish(t testing.TB, hub center.Hub, b fleettest.Bundle, plan center.Plan) error {
	t.Helper()
	path := b.Write(t.TempDir())
	opened, err := bundle.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	plan.To = "all"
	_, err = center.Publish(t.Context(), hub, opened, plan)
	return err
}

// mustPublish publishes a bundle for all devices at once.
func mustPublish(t testing.TB, hub center.Hub, b fleettest.Bundle) {
	t.Helper()
	if err := publish(t, hub, b, center.Plan{AtOnce: true, Replace: true}); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until the condition is true.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !condition(); {
		if time.Now().After(end) {
			t.Fatal("this does not happen: ", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// skipShort skips a test that waits several times until devices have found the hub again.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes ten seconds")
	}
}
