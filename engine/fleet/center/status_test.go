package center_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
)

var update = flag.Bool("update", false, "write the texts in testdata")

// checkText compares a text with the file with this name in testdata.
func checkText(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// noon is the time of the hub in the tests of the status.
var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// A maker makes a fleet whose bundles have names and versions, but no files or signatures.
type maker struct {
	testing.TB
	center.Fleet
}

func newMaker(t testing.TB) *maker {
	return &maker{t, center.Fleet{Name: "shop", Wishes: map[string]message.Wish{}, Now: noon}}
}

// signed returns a bundle for a wish, and what devices say that run it.
func (m *maker) signed(version int64) (*message.Signed, message.Running) {
	m.Helper()
	manifest := &bundle.Manifest{
		Format: bundle.Format, Fleet: "shop", Version: version, Created: noon, Scripts: []string{"kiosk.lua"},
		Files: []bundle.File{{Path: "kiosk.lua", Size: 1, SHA256: strings.Repeat("0", 64)}},
	}
	text, err := manifest.Encode()
	if err != nil {
		m.Fatal(err)
	}
	b, err := bundle.New(text, nil)
	if err != nil {
		m.Fatal(err)
	}
	return &message.Signed{Text: text}, message.Running{Name: manifest.Name(), Version: version, Digest: b.Digest, Phase: message.Good}
}

// add adds a device that was heard of this long ago.
func (m *maker) add(name string, ago time.Duration, running message.Running, change func(*message.State)) {
	s := message.State{
		Header: message.Header{Device: name, Boot: "b1", Seq: 1, Time: noon.Add(-ago)}, Groups: []string{"kiosk"},
		Moonlark: "v1.4.0", OK: true, Status: "waiting", Running: running,
	}
	if change != nil {
		change(&s)
	}
	m.Reports = append(m.Reports, center.Report{State: s, Received: noon.Add(-ago)})
}

// notes returns the notes of a rollout.
func (m *maker) notes(n center.Notes) json.RawMessage {
	m.Helper()
	text, err := json.Marshal(n)
	if err != nil {
		m.Fatal(err)
	}
	return text
}

// A rollout in its first wave, as in the manual.
func aRollout(t testing.TB) *maker {
	m := newMaker(t)
	stable, sixteen := m.signed(16)
	next, seventeen := m.signed(17)
	_, twelve := m.signed(12)
	r := &center.Rollout{
		ID: "1", Bundle: "shop 17", Digest: seventeen.Digest, From: "shop 16", By: "anna@office", Began: noon.Add(-6 * time.Minute),
		Since: noon.Add(-6 * time.Minute), Waves: waves, Wave: 1, Hold: 1800, StopAt: 300,
	}
	w := message.Wish{Stable: stable, Next: next, Share: 500, Salt: "x", Rollout: m.notes(center.Notes{Now: r})}
	m.Wishes["grp.kiosk"] = w
	for i := range 205 {
		name := fmt.Sprintf("kiosk-%03d", i)
		if !w.Takes(name) {
			m.add(name, 20*time.Second, sixteen, nil)
			continue
		}
		switch len(m.Reports) % 7 {
		case 0:
			m.add(name, 20*time.Second, sixteen, func(s *message.State) {
				s.Wanted = &message.Wanted{Name: "shop 17", Digest: seventeen.Digest, Phase: message.Back, Why: "kiosk.lua:88: attempt to index 'printer' (a nil value)"}
			})
		case 1:
			m.add(name, 20*time.Second, seventeen, func(s *message.State) {
				s.Running.Phase = message.Trial
				s.Wanted = &message.Wanted{Name: "shop 17", Digest: seventeen.Digest, Phase: message.Trial}
			})
		default:
			m.add(name, 20*time.Second, seventeen, nil)
		}
	}
	for i := range 9 { // of which all are listed
		m.add(fmt.Sprintf("old-%d", i), time.Duration(23-2*i)*24*time.Hour, twelve, nil)
	}
	return m
}

func TestTheTextOfTheStatus(t *testing.T) {
	t.Run("a rollout", func(t *testing.T) {
		checkText(t, "rollout.txt", center.StatusOf(aRollout(t).Fleet, nil).Text())
	})
	t.Run("nothing is known", func(t *testing.T) {
		checkText(t, "empty.txt", center.StatusOf(newMaker(t).Fleet, nil).Text())
	})
	t.Run("troubles", func(t *testing.T) {
		checkText(t, "troubles.txt", center.StatusOf(troubles(t).Fleet, map[string]bool{"kiosk-07": true}).Text())
	})
	t.Run("many devices", func(t *testing.T) {
		m := newMaker(t)
		for i := range 30 {
			m.add(fmt.Sprintf("kiosk-%02d", i), time.Duration(i)*time.Minute, message.Running{Name: fmt.Sprintf("shop %d", i%12), Version: int64(i % 12)}, nil)
		}
		checkText(t, "many.txt", center.StatusOf(m.Fleet, nil).Text())
	})
	t.Run("what has ended", func(t *testing.T) {
		m := newMaker(t)
		_, sixteen := m.signed(16)
		stable, _ := m.signed(16)
		m.add("kiosk-1", 0, sixteen, nil)
		ended := func(target, result string, ago time.Duration, e center.Ended) {
			e.Bundle, e.Result, e.Ended, e.Waves = "shop 17", result, noon.Add(-ago), 3
			m.Wishes[target] = message.Wish{Stable: stable, Rollout: m.notes(center.Notes{Ended: []center.Ended{e}})}
		}
		ended("all", center.Done, 3*time.Hour, center.Ended{Good: 20})
		ended("grp.kiosk", center.Failed, 5*time.Hour, center.Ended{Bad: 2, Failed: []center.Failure{
			{Device: "kiosk-1", Phase: message.Back, Why: "no printer"}, {Device: "kiosk-2", Phase: message.Refused, Why: "expired"},
		}})
		ended("grp.lab", center.RolledBack, 3*24*time.Hour, center.Ended{By: "anna"})
		ended("dev.kiosk-3", center.Stopped, time.Minute, center.Ended{By: "ben"})
		ended("dev.kiosk-4", center.Done, 8*24*time.Hour, center.Ended{})
		checkText(t, "ended.txt", center.StatusOf(m.Fleet, nil).Text())
	})
}

// troubles returns a fleet with two rollouts in which something is wrong with several devices.
func troubles(t testing.TB) *maker {
	m := newMaker(t)
	stable, sixteen := m.signed(16)
	next, seventeen := m.signed(17)
	r := &center.Rollout{
		ID: "1", Bundle: "shop 17", Digest: seventeen.Digest, From: "shop 16", Began: noon.Add(-time.Hour), Since: noon.Add(-time.Hour),
		Waves: []int{10_000}, Wave: 1, StopAt: 300, Paused: "ben",
	}
	m.Wishes["grp.kiosk"] = message.Wish{Stable: stable, Next: next, Share: 10_000, Rollout: m.notes(center.Notes{Now: r})}
	first := *r
	first.Paused, first.Wave, first.From = "", 0, ""
	m.Wishes["all"] = message.Wish{Next: next, First: []string{"lab-1"}, Rollout: m.notes(center.Notes{Now: &first})}
	m.add("kiosk-07", 10*time.Second, sixteen, func(s *message.State) {
		s.Wanted = &message.Wanted{Name: "shop 17", Digest: seventeen.Digest, Phase: message.Fetching}
		s.Troubles = []string{"microphone: no such device", "screen: no page"}
	})
	m.add("kiosk-08", 10*time.Second, message.Running{Phase: "factory"}, func(s *message.State) {
		s.OK = false
		s.Wanted = &message.Wanted{Digest: seventeen.Digest, Phase: message.Refused, Why: "\x1b[2Jthe key\nis unknown\u202e"}
	})
	m.add("kiosk-09\x1b]0;x\x07", 400*24*time.Hour, message.Running{Phase: "factory"}, nil)
	return m
}

func TestTheTextOfADevice(t *testing.T) {
	m := troubles(t)
	m.add("kiosk-10", 90*time.Second, message.Running{Name: "shop 16", Version: 16, Phase: message.Good}, func(s *message.State) {
		s.Time = s.Time.Add(2 * time.Hour)
		s.Wanted = &message.Wanted{Name: "shop 17", Digest: "x", Phase: message.Waiting, Why: "a conversation"}
		s.Reported = map[string]json.RawMessage{"paper": json.RawMessage(`12`), "note": json.RawMessage("{\n \"text\": \"a\x1b[2Jb\"}")}
		s.Troubles = []string{"network: no route"}
	})
	s := center.StatusOf(m.Fleet, map[string]bool{"kiosk-10": true})
	d, ok := s.Device("kiosk-10")
	if _, unknown := s.Device("kiosk-11"); !ok || unknown {
		t.Fatal("the wrong devices are found")
	}
	checkText(t, "device.txt", d.Text(noon))
}

func TestADeviceAndAGroupOfOneNameAreToldApart(t *testing.T) {
	m := newMaker(t)
	stable, sixteen := m.signed(16)
	m.add("kiosk", 10*time.Second, sixteen, nil)
	m.add("kiosk-1", 10*time.Second, sixteen, nil)
	for key, result := range map[string]string{"grp.kiosk": center.Done, "dev.kiosk": center.RolledBack, "grp.all": center.Stopped, "all": center.Failed} {
		m.Wishes[key] = message.Wish{Stable: stable, Rollout: m.notes(center.Notes{Ended: []center.Ended{{Result: result}}})}
	}
	s := center.StatusOf(m.Fleet, nil)
	if e := s.Ended; e["group:kiosk"].Result != center.Done || e["device:kiosk"].Result != center.RolledBack || e["group:all"].Result != center.Stopped || e["all"].Result != center.Failed {
		t.Errorf("got %+v", e)
	}
	if one, other := s.Devices[0].Target, s.Devices[1].Target; one != "device:kiosk" || other != "group:kiosk" {
		t.Errorf("the targets are %q and %q", one, other)
	}
}

func TestTheStatusIsJSON(t *testing.T) {
	text, err := json.Marshal(center.StatusOf(aRollout(t).Fleet, nil))
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Fleet         string
		Known, Online int
		Rollouts      []struct {
			Target, Bundle, From    string
			Wave, Share, Good, Back int
			Left                    float64
			Failed                  []center.Failure
		}
		Devices []struct {
			Device, Target, Next string
			Online               bool
			Running              message.Running
		}
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if s.Fleet != "shop" || s.Known != 214 || s.Online != 205 || len(s.Devices) != 214 || len(s.Rollouts) != 1 {
		t.Fatalf("got %.400s", text)
	}
	if r := s.Rollouts[0]; r.Target != "kiosk" || r.Bundle != "shop 17" || r.Wave != 1 || r.Share != 500 || r.Left != 1440 || r.Good == 0 || len(r.Failed) != r.Back {
		t.Errorf("the rollout is %+v", r)
	}
	if d := s.Devices[213]; d.Device != "old-8" || d.Online || d.Running.Version != 12 || d.Target != "kiosk" || d.Next != "shop 16" {
		t.Errorf("the last device is %+v", d)
	}
}

func TestADeviceThatRunsTwiceIsFound(t *testing.T) {
	var c center.Copies
	see := func(device, boot string, minute int) {
		c.See(center.Report{State: message.State{Header: message.Header{Device: device, Boot: boot}}, Received: noon.Add(time.Duration(minute) * time.Minute)})
	}
	for minute, boot := range []string{"a", "a", "b", "c", "c", "d", "e", "f"} { // restarts
		see("kiosk-1", boot, minute)
	}
	for minute, boot := range []string{"a", "b", "a", "b"} {
		see("kiosk-2", boot, minute)
	}
	if twice := c.Twice(noon.Add(5 * time.Minute)); len(twice) != 1 || !twice["kiosk-2"] {
		t.Errorf("found %v", twice)
	}
	if twice := c.Twice(noon.Add(14 * time.Minute)); len(twice) != 0 {
		t.Errorf("later, found %v", twice)
	}
}

func TestWatchFindsADeviceThatRunsTwice(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		ctx, cancel := context.WithCancel(t.Context())
		shown := make(chan center.Status, 100)
		ended := make(chan error)
		go func() { ended <- center.Watch(ctx, s.hub, 10*time.Second, func(s center.Status) { shown <- s }) }()
		for i := range 4 {
			time.Sleep(15 * time.Second)
			boot := []string{"b1", "b2"}[i%2]
			s.hub.Report(message.State{Header: message.Header{Device: "kiosk-0001", Boot: boot, Seq: int64(100 + i)}})
		}
		time.Sleep(15 * time.Second)
		cancel()
		if err := <-ended; err != context.Canceled {
			t.Error(err)
		}
		var last center.Status
		for len(shown) > 0 {
			last = <-shown
		}
		if d, _ := last.Device("kiosk-0001"); !d.Twice || !strings.Contains(last.Text(), "kiosk-0001 runs twice") {
			t.Errorf("the last status is %s", last.Text())
		}
		go func() { ended <- center.Watch(t.Context(), s.hub, 10*time.Second, func(center.Status) {}) }()
		synctest.Wait()
		s.hub.Fail(os.ErrClosed)
		if err := <-ended; err != os.ErrClosed {
			t.Errorf("the hub fails: %v", err)
		}
	})
}

func BenchmarkStatus(b *testing.B) {
	m := newMaker(b)
	stable, sixteen := m.signed(16)
	next, seventeen := m.signed(17)
	r := &center.Rollout{ID: "1", Bundle: "shop 17", Digest: seventeen.Digest, From: "shop 16", Since: noon, Waves: waves, Wave: 2, StopAt: 300}
	m.Wishes["grp.kiosk"] = message.Wish{Stable: stable, Next: next, Share: 2500, Salt: "x", Rollout: m.notes(center.Notes{Now: r})}
	for i := range 10_000 {
		running := sixteen
		if i%4 == 0 {
			running = seventeen
		}
		m.add(fmt.Sprintf("kiosk-%05d", i), time.Duration(i%200)*time.Second, running, nil)
	}
	b.ReportAllocs()
	for b.Loop() {
		if text := center.StatusOf(m.Fleet, nil).Text(); len(text) < 100 {
			b.Fatal(text)
		}
	}
}
