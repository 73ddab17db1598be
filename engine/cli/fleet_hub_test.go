package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
)

// startHub starts a server of NATS for the fleet of a folder, and returns its URL. The server knows the
// credentials that the folder has issued so far.
func startHub(t *testing.T, folder *identity.Folder) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nats.conf")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(folder.Config(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	o, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o.Host, o.Port, o.JetStream, o.StoreDir, o.NoSigs, o.NoLog = "127.0.0.1", server.RANDOM_PORT, true, t.TempDir(), true, true
	o.JetStreamMaxMemory, o.JetStreamMaxStore = 1<<30, 16<<30
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the hub does not start")
	}
	return s.ClientURL()
}

// The commands of an operator work with the credentials of one, and with a real hub.
func TestAnOperatorConnectsWithAHub(t *testing.T) {
	t.Parallel()
	folder, err := identity.Init(filepath.Join(t.TempDir(), "shop"), "shop")
	if err != nil {
		t.Fatal(err)
	}
	creds, err := folder.Credentials(identity.Operator, "anna", nil)
	if err != nil {
		t.Fatal(err)
	}
	hubCreds, err := folder.Credentials(identity.Hub, "centre", nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startHub(t, folder)
	hub, err := nats.DialCenter(t.Context(), nats.Options{URL: url, Creds: hubCreds})
	if err != nil {
		t.Fatal(err)
	}
	defer hub.Close()
	if err := hub.Layout(t.Context(), 0); err != nil {
		t.Fatal(err)
	}

	o := newOperatorTest(t, 0)
	o.dialHub = dialHub
	o.file(hubURLFile, url+"\n")
	o.file("operator.creds", string(creds))
	o.has(o.ok("fleet", "publish", o.bundle(1), "--to", "group:kiosk", "--at-once"), "shop 1 for group:kiosk\n")
	o.has(o.ok("fleet", "publish", o.bundle(2), "--to", "kiosk"), "shop 1 → shop 2 for kiosk\n")
	o.has(o.ok("fleet", "status"), "fleet shop · 0 devices · 0 online · kiosk 1 → 2, wave 1 of 3: 5 %, ")
	o.has(o.ok("fleet", "stop", "kiosk"), "all devices of kiosk go back to shop 1")
	o.ok("fleet", "publish", o.bundle(3), "--to", "kiosk", "--waves", "50%,100%")
	o.has(o.ok("fleet", "rollback", "kiosk", "--to", "2"), "all devices of kiosk go back to shop 2")
	o.fails("kiosk-07 is not connected: with --once", "fleet", "exec", "kiosk-07", "reload")
	o.has(o.ok("fleet", "exec", "kiosk-07", "reload", "--once"), "kiosk-07 carries out the command when it is connected")
	if text := o.ok("fleet", "logs"); text != "" {
		t.Errorf("the logs are %q", text)
	}
	o.file("operator.creds", strings.Replace(string(creds), "SU", "SA", 1))
	o.fails("credentials", "fleet", "status")
}
