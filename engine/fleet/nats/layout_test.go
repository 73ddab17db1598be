package nats

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/host"
	"moonlark/engine/fleet/message"
)

func TestLayoutCanBeMadeAgain(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	d := h.device("kiosk-07")
	online(t, d)
	if err := d.Report(soon(t), message.StateKind, "a-1", []byte(`{"ok":true}`)); err != nil {
		t.Fatal(err)
	}
	js, err := c.jetStream(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	info := func(name string) jetstream.StreamConfig {
		t.Helper()
		s, err := js.Stream(soon(t), name)
		if err != nil {
			t.Fatal(err)
		}
		return s.CachedInfo().Config
	}
	layout := func(want int64) { // bytes of logs
		t.Helper()
		if err := h.center().Layout(soon(t), 0); err != nil {
			t.Fatal(err)
		}
		if got := info(logStream); got.MaxBytes != want || got.MaxAge != keepTime || got.MaxMsgsPerSubject != 2000 {
			t.Errorf("got %d bytes, %v, %d, want %d bytes", got.MaxBytes, got.MaxAge, got.MaxMsgsPerSubject, want)
		}
	}
	setLogs := func(bytes int64) {
		t.Helper()
		config := info(logStream)
		config.MaxBytes = bytes
		if _, err := js.UpdateStream(soon(t), config); err != nil {
			t.Fatal(err)
		}
	}
	layout(1 << 30)
	setLogs(2 << 30)
	layout(2 << 30)
	setLogs(1 << 20)
	layout(1 << 30)
	if states, err := c.States(soon(t)); err != nil || len(states) != 1 {
		t.Errorf("the states are gone: %v, %v", states, err)
	}
}

func TestDevicesWriteOnlyToStreamsThatCannotBeErased(t *testing.T) {
	t.Parallel()
	for _, s := range streams(leaseTime) {
		writable := slices.ContainsFunc(s.Subjects, func(subject string) bool {
			return strings.HasPrefix(subject, upPut) || strings.HasPrefix(subject, blobPut) || strings.HasPrefix(subject, donePut)
		})
		forHosts := s.Name == leaseStream || s.Name == turnStream // only hosts write there
		if s.AllowRollup && !forHosts || writable && (!s.DenyPurge || !s.DenyDelete || s.AllowMsgTTL) || s.MaxBytes <= 0 || s.MaxMsgSize <= 0 || !s.AllowDirect {
			t.Errorf("%+v", s)
		}
	}
}

func TestLayoutRefusesAnotherStream(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c, err := DialCenter(soon(t), h.options(h.creds("admin", "office")))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	js, err := c.jetStream(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(soon(t), jetstream.StreamConfig{Name: stateStream, Subjects: []string{"other"}, Storage: jetstream.MemoryStorage}); err != nil {
		t.Fatal(err)
	}
	if err := c.Layout(soon(t), 0); err == nil || !strings.Contains(err.Error(), "layout: stream ML_STATE: there is another stream of this name") {
		t.Errorf("got %v", err)
	}
}

func TestHostileDeviceErasesNothing(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	good, evil := h.device("kiosk-07"), h.device("kiosk-08")
	online(t, good)
	online(t, evil)
	if err := good.Report(soon(t), message.StateKind, "a-1", []byte(`{"ok":true}`)); err != nil {
		t.Fatal(err)
	}
	if err := c.SetWish(soon(t), message.All, wishFor(), 0); err != nil {
		t.Fatal(err)
	}
	send := func(subject string, header nats.Header) error {
		reply, err := evil.link.request(soon(t), &nats.Msg{Subject: subject, Header: header, Data: []byte("{}")})
		if err != nil {
			return err
		}
		return checkAck(reply.Data)
	}
	for _, c := range []struct {
		name, subject string
		header        nats.Header
		err           string
	}{
		{"rollup of the stream", "$JS.EVENT.ML_UP.kiosk-08.state", nats.Header{"Nats-Rollup": {"all"}}, "rollup not permitted"},
		{"rollup of the subject", "$JS.EVENT.ML_UP.kiosk-08.log", nats.Header{"Nats-Rollup": {"sub"}}, "rollup not permitted"},
		{"message that vanishes", "$JS.EVENT.ML_UP.kiosk-08.log", nats.Header{"Nats-TTL": {"1s"}}, "per-message TTL is disabled"},
		{"record of another device", "$JS.EVENT.ML_UP.kiosk-07.state", nil, "does not allow"},
		{"wish", "$KV.ML_WISH.dev.kiosk-08", nil, "does not allow"},
		{"chunk", "ml.blob." + strings.Repeat("a", 64) + ".0", nil, "does not allow"},
		{"consumer", "$JS.API.CONSUMER.CREATE.ML_LOG", nil, "does not allow"},
		{"all wishes at once", "$JS.API.DIRECT.GET.KV_ML_WISH", nil, "does not allow"},
		{"notice", "ml.live.all", nil, "does not allow"},
		{"command", "ml.cmd.kiosk-07.stop", nil, "does not allow"},
	} {
		if err := send(c.subject, c.header); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.err)
		}
	}
	if states, err := c.States(soon(t)); err != nil || len(states) != 1 || !states[0].OK {
		t.Errorf("the states are %v, %v", states, err)
	}
	if _, revision, err := c.Wish(soon(t), message.All); err != nil || revision != 1 {
		t.Errorf("the wish has revision %d, %v", revision, err)
	}
}

// It is not parallel to other tests, because all servers of a process share a goroutine, which must not be
// that of a bubble.
func TestLeaseEndsWithoutItsHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t).start()
		defer h.stop()
		c := h.center()
		defer c.Close()
		a := h.host("admin", "host-1")
		defer a.Close()
		leases := a.Leases()
		if _, err := leases.Create(t.Context(), "conv.c-1", []byte("host-1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(leaseTime - time.Second)
		if _, err := leases.Create(t.Context(), "conv.c-1", []byte("host-2")); !errors.Is(err, host.ErrTaken) {
			t.Errorf("the lease was given twice: %v", err)
		}
		time.Sleep(3 * time.Second)
		if _, err := leases.Create(t.Context(), "conv.c-1", []byte("host-2")); err != nil {
			t.Errorf("the lease does not end: %v", err)
		}
	})
}

// The hub sends a reply to any subject that the sender of a message names. None of these replies may be
// stored as something that the device may not write itself.
func TestHubStoresNoRepliesForAHostileDevice(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	evil, victim := h.device("kiosk-08"), h.device("kiosk-07")
	settled(t, evil)
	settled(t, victim)
	if err := c.SetWish(soon(t), message.All, wishFor(), 0); err != nil {
		t.Fatal(err)
	}
	nextNotice(t, victim, 1)
	if err := victim.Report(soon(t), message.StateKind, "a-1", []byte(`{"ok":true}`)); err != nil {
		t.Fatal(err)
	}
	conn, _, _ := evil.link.state()
	for _, to := range []string{
		"$KV.ML_WISH.all", wishPut + "all", blobPut + strings.Repeat("a", 64) + ".0", "ml.blob." + strings.Repeat("a", 64) + ".0",
		"ml.live.all", upPut + "kiosk-07.event", "ml.up.kiosk-07.event",
		leasePrefix + "conv.c-1", leasePut + "conv.c-1", recordPrefix + "c-1", recordPut + "c-1", turnPut + "c-1", "ml.conv.c-1.turn",
	} {
		for _, subject := range []string{directGet + wishStream + "." + wishPrefix + "all", "$JS.EVENT.ML_UP.kiosk-08.log"} {
			if err := conn.PublishRequest(subject, to, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	settled(t, evil)
	if _, revision, err := c.Wish(soon(t), message.All); err != nil || revision != 1 {
		t.Errorf("the wish has revision %d, %v", revision, err)
	}
	if _, err := victim.Chunk(soon(t), strings.Repeat("a", 64), 0); !errors.Is(err, follow.ErrNone) {
		t.Errorf("a chunk was stored: %v", err)
	}
	a := h.host("admin", "host-1")
	_, _, lease := a.Leases().Read(soon(t), "conv.c-1")
	_, _, record := a.Records().Read(soon(t), "c-1")
	if turns, err := a.Turns(soon(t), "c-1"); !errors.Is(lease, host.ErrNone) || !errors.Is(record, host.ErrNone) || len(turns) > 0 || err != nil {
		t.Errorf("of a conversation, there are %v, %v, %q, %v", lease, record, turns, err)
	}
	if err := c.Events(soon(t), "kiosk-07", nil, time.Time{}, false, func(k message.Kind, e message.Event) {
		t.Errorf("the centre reads an event of kiosk-07: %s %+v", k, e)
	}); err != nil {
		t.Error(err)
	}
	select {
	case n := <-victim.Notices():
		t.Errorf("a notice arrives: %v", n)
	default:
	}
}
