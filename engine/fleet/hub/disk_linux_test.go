//go:build !nohub

package hub

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
)

// A hub whose disk is full acknowledges no records, but can be read. It takes records again after there
// is space. So does a hub that starts on a full disk.
func TestAHubRecoversFromAFullDisk(t *testing.T) {
	store := t.TempDir()
	if err := syscall.Mount("tmpfs", store, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("only root can mount a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(store, syscall.MNT_DETACH) })
	filler := filepath.Join(store, "filler")
	fill := func() {
		if err := os.WriteFile(filler, make([]byte, 32<<20), 0o600); err == nil {
			t.Fatal("the file system is not full")
		}
	}
	f, log := newFleet(), new(journal)
	o := f.options(store)
	o.Log = log.write
	h, err := startHub(o, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	c := connect(t, h, f.User)
	c.makeStream(t)
	c.mustRequest(t, "up.kiosk", "first", `"seq":1`)

	other := f.newUser()
	if err := h.SetAccount(f.accountJWT(func(a *jwt.AccountClaims) { a.Revoke(other.Public) })); err != nil {
		t.Fatal(err)
	}
	fill()
	for range 2 { // the server does not answer
		fmt.Fprintf(c.conn, "PUB up.kiosk %d\r\n%s\r\n", 64<<10, strings.Repeat("x", 64<<10))
	}
	c.mustRequest(t, "$JS.API.DIRECT.GET.UP.up.kiosk", "", "first")
	eventually(t, "the log tells of the full disk", func() bool { return log.count("the hub cannot write to "+store) == 1 })
	os.Remove(filler)
	eventually(t, "the hub takes records again", func() bool { return log.count("the hub can write to "+store+" again") == 1 })
	c = connect(t, h, f.User)
	c.mustRequest(t, "$JS.API.DIRECT.GET.UP.up.kiosk", "", "first")
	c.mustRequest(t, "up.kiosk", "second", `"seq":2`)

	conn, err := h.Connect()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newClient(conn, other); err == nil {
		t.Error("the restart has forgotten a revocation")
	}
	conn.Close()

	h.Close()
	fill()
	h = start(t, o)
	c = connect(t, h, f.User)
	c.mustRequest(t, "$JS.API.DIRECT.GET.UP.up.kiosk", "", "second")
	os.Remove(filler)
	c.mustRequest(t, "up.kiosk", "third", `"seq":3`)
}
