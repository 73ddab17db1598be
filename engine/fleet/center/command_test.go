package center_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
)

func TestACommandForManyDevicesIsAnsweredByEach(t *testing.T) {
	inShop(t, 100, func(t *testing.T, s *shop) {
		for _, d := range s.devices.Each[:10] {
			d.Away = true
		}
		s.devices.Pass(s.Context(), 4*time.Minute)
		f, err := center.Look(t.Context(), s.hub)
		if err != nil {
			t.Fatal(err)
		}
		online, offline := f.Devices("kiosk")
		if all, _ := f.Devices(message.All); len(online) != 90 || len(offline) != 10 || len(all) != 90 {
			t.Fatalf("%d are online, %d offline", len(online), len(offline))
		}
		if none, _ := f.Devices("lobby"); len(none) > 0 {
			t.Errorf("lobby has %v", none)
		}
		s.hub.Answer(func(device, verb string, body []byte) (message.Answer, error) {
			time.Sleep(time.Second)
			if device == "kiosk-0010" {
				return message.Answer{}, center.ErrNobody
			}
			return message.Answer{Status: 202, Body: verb + string(body)}, nil
		})
		began, answered := time.Now(), 0
		err = center.SendAll(t.Context(), s.hub, online, "say", []byte(`{"text":"hello"}`), func(r center.Reply) {
			switch {
			case r.Device == "kiosk-0010" && errors.Is(r.Err, center.ErrNobody):
			case r.Err == nil && r.Answer.OK() && r.Answer.Body == `say{"text":"hello"}`:
				answered++
			default:
				t.Errorf("got %+v", r)
			}
		})
		if took := time.Since(began); err != nil || answered != 89 || took != 6*time.Second {
			t.Errorf("%d answers after %v, %v", answered, took, err)
		}
		for _, row := range []struct{ verb, body, want string }{
			{"dance", "", "no command is called"}, {"say", "{", "is not JSON"}, {"say", `"` + strings.Repeat("x", message.MaxCommand) + `"`, "are more than"},
		} {
			if err := center.SendAll(t.Context(), s.hub, online, row.verb, []byte(row.body), nil); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s %.20s: %v", row.verb, row.body, err)
			}
		}
	})
}

func TestACommandForAbsentDevicesIsInTheWishUntilItExpires(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		s.settle(16)
		add := func(id string, length time.Duration) error {
			now, _ := s.hub.Now(t.Context())
			return center.AddOnce(t.Context(), s.hub, "grp.kiosk", message.Once{ID: id, Verb: "reload", Expires: now.Add(length)})
		}
		if err := errors.Join(add("a", time.Hour), add("b", 3*time.Hour)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		if err := add("c", time.Hour); err != nil {
			t.Fatal(err)
		}
		w := s.wish()
		if len(w.Once) != 2 || w.Once[0].ID != "b" || w.Once[1].ID != "c" || w.Stable == nil {
			t.Errorf("the wish has %+v", w.Once)
		}
		if err := center.AddOnce(t.Context(), s.hub, "grp.kiosk", message.Once{ID: "d", Verb: "dance"}); err == nil {
			t.Error("an unknown command was added")
		}
	})
}

// event returns an event of a device.
func event(device string, n int, fields string) message.Event {
	return message.Event{Header: message.Header{Device: device, Boot: "b", Seq: int64(n), Time: noon}, Event: json.RawMessage(fields)}
}

func TestLogsArePrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, 0)
		s.hub.Event(message.LogKind, event("kiosk-1", 1, `{"text":"too old"}`))
		time.Sleep(time.Hour)
		since, _ := s.hub.Now(t.Context())
		for i := range 3 {
			s.hub.Event(message.LogKind, event(fmt.Sprintf("kiosk-%d", i), i, `{"text":"a\u001b[2J"}`))
		}
		s.hub.Event(message.CallKind, event("kiosk-1", 4, `{"text":"call"}`))
		l := center.Logs{Device: "kiosk-1", Kinds: []message.Kind{message.LogKind}, Since: since}
		l.Describe = func(e message.Event) string { return string(e.Device) + "\x1b[1m\nsecond line\n" }
		var out bytes.Buffer
		if err := l.Print(t.Context(), s.hub, &out); err != nil {
			t.Fatal(err)
		}
		at := noon.Local().Format("2006-01-02 15:04:05")
		if want := at + "  kiosk-1           kiosk-1\\x1b[1m\n" + at + "  kiosk-1           second line\n"; out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}

		out.Reset()
		l = center.Logs{Kinds: []message.Kind{message.LogKind, message.CallKind}, Since: since, Follow: true}
		ctx, cancel := context.WithCancel(t.Context())
		printed := make(chan error)
		go func() { printed <- l.Print(ctx, s.hub, &out) }()
		time.Sleep(time.Minute)
		s.hub.Event(message.LogKind, event("kiosk-9", 1, "{\"text\":\"\u009b2J\"}"))
		synctest.Wait()
		cancel()
		if err := <-printed; err != nil {
			t.Error(err)
		}
		lines := strings.Split(out.String(), "\n")
		if len(lines) != 6 || !strings.HasPrefix(lines[0], `{"kind":"log","device":"kiosk-0","boot":"b","seq":0,`) {
			t.Errorf("got %q", lines)
		}
		if !strings.Contains(out.String(), `\u009b2J`) || strings.ContainsRune(out.String(), 0x9b) {
			t.Errorf("got %q", lines)
		}

		// an output that fails ends the command
		if err := l.Print(t.Context(), s.hub, brokenWriter{}); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
	})
}

var errBroken = errors.New("broken")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }
