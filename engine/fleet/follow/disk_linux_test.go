package follow

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/message"
)

// smallDisk mounts a small file system, and returns its folder.
func smallDisk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("only root can mount a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(folder, syscall.MNT_DETACH) })
	return folder
}

// A disk that is full while a bundle is fetched does not disturb the good one. The device gives the
// space back, and fetches the bundle when there is more.
func TestAFullDiskDelaysTheBundleOnly(t *testing.T) {
	folder := smallDisk(t)
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{t: t, folder: t.TempDir(), store: filepath.Join(folder, "store"), hub: newHub()}
		f.prepare()
		f.start()
		f.makeGood()
		full := filepath.Join(folder, "full")
		if err := os.WriteFile(full, make([]byte, 1500<<10), 0o600); err != nil {
			t.Fatal(err)
		}
		next := shop(17, "v17", nil)
		for i := range 10 {
			next.Files[fmt.Sprintf("a%d.wav", i)] = fmt.Sprint(i)
		}
		next.Files["b.wav"] = strings.Repeat("0123456789abcdef", 40_000)
		f.publish(next)
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := f.hub.chunks(); n > 300 {
			t.Errorf("%d chunks were fetched in an hour", n)
		}
		if got := f.blobs(); len(got) > 0 {
			t.Errorf("the full disk has the blobs %q", got)
		}
		if got := f.takeLogged(); len(got) != 1 || !strings.HasPrefix(got[0], "fleet: bundle shop 17: write STORE/blobs/") || !strings.HasSuffix(got[0], ": no space left on device") {
			t.Errorf("the log is %q", got)
		}
		f.wantStarts("shop 17 fetching: write ")
		if trouble := f.device.Health().Trouble; trouble != "" {
			t.Errorf("the trouble is %q", trouble)
		}
		f.want("v16")
		if err := os.Remove(full); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Minute)
		f.want("v17")
		f.wantLast("shop 17 good")
		f.stop()
	})
}

// A command that cannot be remembered is not carried out before the disk works again.
func TestACommandWaitsForTheDisk(t *testing.T) {
	folder := smallDisk(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)))
		f := &fixture{t: t, folder: t.TempDir(), store: filepath.Join(folder, "store"), hub: newHub()}
		f.prepare()
		f.start()
		f.makeGood()
		if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		f.hub.wish(message.All, message.Wish{Once: []message.Once{once("1", "stop", "", time.Hour)}})
		time.Sleep(5 * time.Minute)
		f.wantCommands()
		f.want("v16", "fleet: the commands of the wishes: STORE/done.json: read-only file system")
		if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT, ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		f.wantCommands("stop")
		f.stop()
	})
}
