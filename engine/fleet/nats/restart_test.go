package nats

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/jwt/v2"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
)

// ping answers all commands.
func ping(_ context.Context, verb string, _ []byte) message.Answer {
	return message.Answer{Status: 200, Body: verb}
}

// works waits until the device can do everything.
func works(t *testing.T, c *Center, d *Device) {
	t.Helper()
	settled(t, d)
	_, revision, err := c.Wish(soon(t), message.All)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetWish(soon(t), message.All, wishFor(), revision); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the device reads", func() bool { _, n, err := d.Read(soon(t), message.All); return err == nil && n > revision })
	if err := d.Report(soon(t), message.StateKind, time.Now().Format("150405.000000000"), []byte(`{"ok":true}`)); err != nil {
		t.Errorf("report: %v", err)
	}
	if a, err := c.Command(soon(t), d.Name(), "healthz", nil); err != nil || a.Body != "healthz" {
		t.Errorf("command: got %v, %v", a, err)
	}
	nextNotice(t, d, revision+1)
}

func TestDeviceComesBackWhateverItWasDoing(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.listen = true
	h.start()
	c := h.center()
	d := h.device("kiosk-07", "group:kiosk")
	d.Serve(ping)
	works(t, c, d)
	for _, step := range []struct {
		name string
		do   func(ctx context.Context) error
	}{
		{"nothing", func(ctx context.Context) error { <-ctx.Done(); return nil }},
		{"reading", func(ctx context.Context) error { _, _, err := d.Read(ctx, message.All); return err }},
		{"fetching", func(ctx context.Context) error {
			_, err := d.Chunk(ctx, strings.Repeat("a", 64), 0)
			if errors.Is(err, follow.ErrNone) {
				return nil
			}
			return err
		}},
		{"reporting", func(ctx context.Context) error {
			return d.Report(ctx, message.LogKind, time.Now().Format("150405.000000000"), []byte(`{}`))
		}},
		{"answering", func(ctx context.Context) error {
			_, err := c.Command(ctx, "kiosk-07", "say", nil)
			if errors.Is(err, center.ErrNobody) {
				return nil
			}
			return err
		}},
	} {
		ctx, cancel := context.WithCancel(soon(t))
		var wg sync.WaitGroup
		began := make(chan bool, 1)
		wg.Go(func() {
			for ctx.Err() == nil {
				select {
				case began <- true:
				default:
				}
				if err := step.do(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, follow.ErrOffline) && !strings.Contains(err.Error(), "no stream") {
					t.Errorf("%s: got %v", step.name, err)
				}
			}
		})
		<-began
		h.stop()
		eventually(t, "the device notices that the hub is away", func() bool { return !d.Link().Connected })
		if _, _, err := d.Read(ctx, message.All); !errors.Is(err, follow.ErrOffline) {
			t.Errorf("%s: reading without a hub: %v", step.name, err)
		}
		if err := d.Report(ctx, message.LogKind, "a-1", []byte("{}")); !errors.Is(err, follow.ErrOffline) {
			t.Errorf("%s: reporting without a hub: %v", step.name, err)
		}
		cancel()
		wg.Wait()
		h.start()
		eventually(t, "the centre is back", func() bool { return c.Link().Connected })
		eventually(t, "the device is back", func() bool { return d.Link().Connected })
		works(t, c, d)
	}
}

func TestDeviceStartsWithoutHub(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.listen = true
	h.start()
	h.stop() // the port stays
	began := time.Now()
	d := h.device("kiosk-07")
	d.Serve(ping)
	if _, _, err := d.Read(soon(t), message.All); !errors.Is(err, follow.ErrOffline) || time.Since(began) > 5*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
	eventually(t, "the device says why", func() bool { return strings.Contains(d.Link().Reason, "connection refused") })
	h.start()
	c := h.center()
	online(t, d)
	works(t, c, d)
}

func TestCloseDoesNotWaitForASilentHub(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	h := newHub(t)
	o := h.options(h.creds("device", "kiosk-07"))
	o.InProcess, o.URL = nil, "nats://"+silent.Addr().String()
	d, err := DialDevice(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := silent.Accept(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	d.Close()
	if took := time.Since(began); took > dialTimeout/2 {
		t.Errorf("Close takes %v", took)
	}
}

// The hub is away for three days, and then there for the first time. For why the test is not parallel to
// others, see TestLeaseEndsWithoutItsHost.
func TestDeviceNeverGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		var attempts atomic.Int32
		o := h.options(h.creds("device", "kiosk-07"))
		o.maxPause, o.InProcess = 0, func() (net.Conn, error) {
			attempts.Add(1)
			return h.connect()
		}
		d, err := DialDevice(o)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		const days = 3
		time.Sleep(days * 24 * time.Hour)
		// The pauses are between 50 ms and a minute, at random.
		if n := attempts.Load(); n < days*24*60 || n > days*24*60*3 {
			t.Errorf("%d attempts in %d days", n, days)
		}
		h.start()
		defer h.stop()
		time.Sleep(maxPause + time.Second)
		if l := d.Link(); !l.Connected {
			t.Errorf("the device does not come back: %s", l.Reason)
		}
	})
}

func TestRevokedDeviceKeepsTrying(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.listen = true
	h.start()
	d := h.device("kiosk-07")
	online(t, d)
	creds, err := parseCredentials(d.link.opts.Creds)
	if err != nil {
		t.Fatal(err)
	}
	user, err := jwt.DecodeUserClaims(creds.token)
	if err != nil {
		t.Fatal(err)
	}
	h.claims.Revoke(user.Subject)
	h.update()
	eventually(t, "the device knows that it is refused", func() bool {
		return strings.Contains(d.Link().Reason, "the hub refuses the credentials")
	})
	if _, _, err := d.Read(soon(t), message.All); !errors.Is(err, follow.ErrOffline) {
		t.Errorf("got %v", err)
	}
	time.Sleep(200 * time.Millisecond) // several attempts, which the library would not make
	h.claims.Revocations = nil
	h.update()
	online(t, d)
}

func TestCenterFollowsThroughRestarts(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.listen = true
	h.start()
	c := h.center()
	d := h.device("kiosk-07")
	online(t, d)
	record := func(kind message.Kind, id string) {
		t.Helper()
		if err := d.Report(soon(t), kind, id, []byte(`{"boot":"`+id+`","device":"another","event":"x"}`)); err != nil {
			t.Fatal(err)
		}
	}
	record(message.EventKind, "e-0")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	events, states := make(chan message.Event, 10), make(chan center.Report, 10)
	wg.Go(func() {
		if err := c.Events(ctx, "kiosk-07", []message.Kind{message.EventKind}, time.Time{}, true, func(_ message.Kind, e message.Event) { events <- e }); err != nil {
			t.Errorf("events: %v", err)
		}
	})
	wg.Go(func() {
		if err := c.WatchStates(ctx, func(r center.Report) { states <- r }); err != nil {
			t.Errorf("states: %v", err)
		}
	})
	if e := <-events; e.Boot != "e-0" || e.Device != "kiosk-07" {
		t.Errorf("got %+v", e)
	}
	// The watcher of states may not yet be there: report until it hears one.
	for heard := false; !heard; {
		record(message.StateKind, time.Now().Format("150405.000000000"))
		select {
		case <-states:
			heard = true
		case <-time.After(20 * time.Millisecond):
		}
	}
	for _, n := range []string{"1", "2"} {
		h.stop()
		h.start()
		online(t, d)
		eventually(t, "the hub stores again", func() bool {
			return d.Report(soon(t), message.EventKind, "e-"+n, []byte(`{"boot":"e-`+n+`"}`)) == nil
		})
		record(message.StateKind, "s-"+n)
		select {
		case e := <-events:
			if e.Boot != "e-"+n {
				t.Errorf("got the event %s, want %s", e.Boot, n)
			}
		case <-soon(t).Done():
			t.Fatal("no event after the restart")
		}
		for r := (center.Report{}); r.Boot != "s-"+n; {
			select {
			case r = <-states:
			case <-soon(t).Done():
				t.Fatal("no state after the restart")
			}
		}
	}
	cancel()
	wg.Wait()
}
