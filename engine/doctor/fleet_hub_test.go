package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/message"
	"moonlark/engine/fleet/nats"
)

// A hubTest is a fleet with a real hub. Its members are the device kiosk-1 and the operator anna; the hub does
// not know the device kiosk-2.
type hubTest struct {
	*testing.T
	url    string
	folder *identity.Folder
	creds  map[string][]byte
	center *nats.Center // with the rights of the hub
}

func newHubTest(t *testing.T) *hubTest {
	folder, err := identity.Init(filepath.Join(t.TempDir(), "shop"), "shop")
	if err != nil {
		t.Fatal(err)
	}
	h := &hubTest{T: t, folder: folder, creds: map[string][]byte{}}
	h.issue(identity.Device, "kiosk-1")
	h.issue(identity.Operator, "anna")
	h.issue(identity.Hub, "hub-1")
	h.start()
	h.issue(identity.Device, "kiosk-2")
	if h.center, err = nats.DialCenter(t.Context(), nats.Options{URL: h.url, Creds: h.creds["hub-1"]}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.center.Close)
	return h
}

func (h *hubTest) issue(role identity.Role, name string) {
	h.Helper()
	creds, err := h.folder.Credentials(role, name, nil)
	if err != nil {
		h.Fatal(err)
	}
	h.creds[name] = creds
}

// start starts the hub, which knows the members so far.
func (h *hubTest) start() {
	h.Helper()
	path := filepath.Join(h.TempDir(), "nats.conf")
	f, err := os.Create(path)
	if err != nil {
		h.Fatal(err)
	}
	if err := errors.Join(h.folder.Config(f), f.Close()); err != nil {
		h.Fatal(err)
	}
	o, err := server.ProcessConfigFile(path)
	if err != nil {
		h.Fatal(err)
	}
	o.Host, o.Port, o.JetStream, o.StoreDir, o.NoSigs, o.NoLog = "127.0.0.1", server.RANDOM_PORT, true, h.TempDir(), true, true
	o.JetStreamMaxMemory, o.JetStreamMaxStore = 1<<30, 16<<30
	s, err := server.NewServer(o)
	if err != nil {
		h.Fatal(err)
	}
	s.Start()
	h.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		h.Fatal("the hub does not start")
	}
	h.url = s.ClientURL()
}

// place returns the place of the member with this name.
func (h *hubTest) place(name string) *place {
	h.Helper()
	p := newPlace(h.T)
	p.hub = &nats.Options{URL: h.url, Creds: h.creds[name]}
	if err := os.WriteFile(p.creds, h.creds[name], 0o600); err != nil {
		h.Fatal(err)
	}
	return p
}

// publish gives the hub a set of keys, signed by the keys with these names.
func (h *hubTest) publish(number int64, key string, signers ...string) {
	h.Helper()
	text, err := fleettest.KeySet("shop", number, key).Encode()
	if err == nil {
		_, err = h.center.SetKeySet(h.Context(), number, message.Signed{Text: text, Signatures: fleettest.Sign(text, signers...)})
	}
	if err != nil {
		h.Fatal(err)
	}
}

func TestTheHubIsChecked(t *testing.T) {
	h := newHubTest(t)
	h.place("kiosk-1").has("error rights: the device cannot read the wish for itself: the hub has no stream KV_ML_WISH\n")
	if err := h.center.Layout(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	device := h.place("kiosk-1")
	device.has("warning keys: the hub does not have the keys 1\n")
	h.publish(1, "shop")
	device.has("ok address: 127.0.0.1:", "ok hub: NATS server 2.", "ok connection: the hub knows kiosk-1, and answers after ",
		"ok rights: the device can do all 7 things that it needs, and none of the 5 that it must not", "ok keys: the hub has no newer ones\n")
	h.publish(2, "new", "shop", "new")
	device.has("ok keys: the hub has the keys 2, which the device accepts when moonlark run --fleet connects\n")
	h.publish(3, "evil", "evil")
	device.has("error keys: the device cannot accept the keys 3 of the hub: keys 3: by the keys 2: not signed by a trusted key")
	text, err := fleettest.KeySet("shop", 1, "other").Encode()
	if err != nil {
		t.Fatal(err)
	}
	device.write("keys.json", string(text))
	device.has("error keys: the hub has other keys 1 than the device")

	h.place("kiosk-2").has("error connection: the hub refuses the credentials: ")
	h.place("anna").has("skipped store: not checked: anna is a member with the role operator, which needs none\n", "ok credentials: anna, operator", "ok connection: the hub knows anna", "skipped rights: not checked: only those of devices are tried, and these are the credentials of another role: operator\n")
}

func TestAHubThatIsNotThereIsReported(t *testing.T) {
	h := newHubTest(t)
	p := h.place("kiosk-1")
	p.hub.URL = "nats://hub.example.com:4222"
	p.has(`error address: hub "nats://hub.example.com:4222": nats:// has no TLS and is only allowed to this machine: use tls://`+"\n",
		"skipped connection: not checked: the problem above comes first\n")
	p.hub.URL = "nats://127.0.0.1:1," + h.url
	p.has("error address: dial tcp 127.0.0.1:1: ", "ok address: 127.0.0.1:", "ok connection: ")
	p.hub.URL = "tls" + h.url[len("nats"):]
	p.has("error address: 127.0.0.1:")
}
