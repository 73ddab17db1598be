//go:build unix

package follow

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"moonlark/engine/fleet/message"
)

// A list that cannot be read for a while delays the commands only.
func TestAListOfCommandsThatCannotBeReadIsReadLater(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		say := once("1", "say", "", time.Hour)
		f.hub.wish(message.All, message.Wish{Once: []message.Once{say}})
		time.Sleep(time.Second)
		f.wantCommands("say")
		list := filepath.Join(f.store, "done.json")
		if err := errors.Join(os.Rename(list, list+".hidden"), os.Symlink(filepath.Base(list), list)); err != nil {
			t.Fatal(err)
		}
		f.hub.wish(message.All, message.Wish{Once: []message.Once{say, once("2", "stop", "", time.Hour)}})
		time.Sleep(5 * time.Minute)
		f.wantCommands()
		if logged := f.takeLogged(); len(logged) != 1 {
			t.Errorf("the log is %q", logged)
		}
		if _, err := os.Readlink(list); err != nil {
			t.Errorf("the list has been replaced: %v", err)
		}
		if err := errors.Join(os.Remove(list), os.Rename(list+".hidden", list)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		f.wantCommands("stop")
	})
}
