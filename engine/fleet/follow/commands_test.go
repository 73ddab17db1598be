package follow

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/message"
)

// once returns a command of a wish that expires in d.
func once(id, verb, body string, d time.Duration) message.Once {
	return message.Once{ID: id, Verb: verb, Body: json.RawMessage(body), Expires: time.Now().Add(d)}
}

// wantCommands fails the test unless these commands were carried out since the last call.
func (f *fixture) wantCommands(want ...string) {
	f.t.Helper()
	synctest.Wait()
	if got := f.takeCommands(); fmt.Sprint(got) != fmt.Sprint(want) {
		f.t.Errorf("the commands are %q, want %q", got, want)
	}
}

func TestACommandOfAWishIsCarriedOutOnce(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		say := once("1", "say", `{"text": "closed"}`, time.Hour)
		f.hub.wish(message.All, message.Wish{Once: []message.Once{say}})
		time.Sleep(time.Second)
		f.wantCommands(`say {"text":"closed"}`)
		f.hub.wish(message.Device("kiosk-1"), message.Wish{Once: []message.Once{once("2", "reload", "", time.Hour)}})
		f.hub.wish(message.Device("kiosk-2"), message.Wish{Once: []message.Once{once("3", "stop", "", time.Hour)}})
		time.Sleep(20 * time.Minute)
		f.wantCommands("reload")
		for range 3 {
			f.stop()
			f.start()
			time.Sleep(20 * time.Minute)
			f.wantCommands()
		}
		// one that has expired while the device was away
		f.stop()
		f.hub.wish(message.Device("kiosk-1"), message.Wish{})
		f.hub.wish(message.All, message.Wish{Once: []message.Once{say, once("4", "stop", "", time.Hour), once("5", "start", "", 3*time.Hour)}})
		time.Sleep(2 * time.Hour)
		f.start()
		time.Sleep(time.Second)
		f.wantCommands("start")
		done, err := f.device.Store().Done()
		_, kept := done["1"] // it has expired, but is still in a wish
		if _, begun := done["5"]; err != nil || len(done) != 2 || !kept || !begun {
			t.Errorf("the device remembers %v, %v", done, err)
		}
	})
}

// A command whose ID cannot be written is not carried out before that works.
func TestACommandIsRememberedBeforeItRuns(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		block := filepath.Join(f.store, "done.json")
		if err := os.MkdirAll(filepath.Join(block, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		f.hub.wish(message.All, message.Wish{Once: []message.Once{once("1", "stop", "", time.Hour)}})
		time.Sleep(10 * time.Minute)
		f.wantCommands()
		if logged := f.takeLogged(); len(logged) == 0 || !strings.HasPrefix(logged[0], "fleet: the commands of the wishes: ") {
			t.Errorf("the log is %q", logged)
		}
	})
}

// What a damaged file does not say may have been done, and is not done again.
func TestADamagedListOfCommandsRunsNothingTwice(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.hub.wish(message.All, message.Wish{Once: []message.Once{once("1", "stop", "", time.Hour)}})
		time.Sleep(time.Second)
		f.wantCommands("stop")
		f.stop()
		if err := os.WriteFile(filepath.Join(f.store, "done.json"), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		f.start()
		time.Sleep(time.Minute)
		f.wantCommands()
		f.hub.wish(message.All, message.Wish{Once: []message.Once{once("1", "stop", "", time.Hour), once("2", "start", "", time.Hour)}})
		time.Sleep(time.Minute)
		f.wantCommands("start")
		if text, err := os.ReadFile(filepath.Join(f.store, "done.json.damaged")); err != nil || string(text) != "{" {
			t.Errorf("the damaged list is %q, %v", text, err)
		}
	})
}

func TestTheNumberOfRememberedCommandsIsLimited(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		done := make(map[string]time.Time)
		for i := range maxDone {
			done[fmt.Sprint("old ", i)] = time.Now().Add(time.Hour)
		}
		if err := f.device.Store().SetDone(done); err != nil {
			t.Fatal(err)
		}
		f.hub.wish(message.All, message.Wish{Once: []message.Once{once("1", "stop", "", 3*time.Hour)}})
		time.Sleep(time.Minute)
		f.wantCommands()
		f.want("factory", "fleet: the commands of the wishes: 1000 have not expired yet: no more are carried out")
		time.Sleep(2 * time.Hour)
		f.wantCommands("stop")
	})
}

// A device whose clock is not set follows the wishes, and waits with the commands, which may have
// expired.
func TestADeviceWithoutAClockWaitsWithCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t) // in the year 2000
		f.start()
		expires := time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)
		f.hub.wish(message.All, message.Wish{Stable: f.hub.upload(shop(16, "v16", nil)), Once: []message.Once{
			{ID: "1", Verb: "stop", Expires: expires}, {ID: "2", Verb: "start", Expires: expires.AddDate(1, 0, 0)},
			{ID: "3", Verb: "reload", Expires: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)},
		}})
		time.Sleep(time.Hour)
		f.wantCommands()
		f.want("v16", "fleet: the commands of the wishes: they wait until the clock of the device is set")
		f.wantLast("shop 16 good")
		f.stop()
		time.Sleep(time.Until(expires.Add(time.Hour)))
		f.start()
		time.Sleep(time.Minute)
		f.wantCommands("start")
		f.stop()
	})
}

func TestLiveCommandsAreChecked(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		time.Sleep(time.Second)
		for _, row := range []struct {
			verb   string
			body   string
			status int
		}{{"say", "{}", 202}, {"shutdown", "", 404}, {"say", strings.Repeat(" ", message.MaxCommand+1), 413}} {
			if a := f.hub.command(row.verb, []byte(row.body)); a.Status != row.status {
				t.Errorf("%s with %d bytes: %+v", row.verb, len(row.body), a)
			}
		}
		f.wantCommands("say {}")
	})
}
