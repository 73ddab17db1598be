package nats

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
)

func TestSecondOperatorIsToldThatTheWishHasChanged(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	if err := c.SetWish(soon(t), message.All, wishFor("a"), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.SetWish(soon(t), message.All, wishFor("b"), 0); !errors.Is(err, center.ErrChanged) {
		t.Errorf("creating it twice: got %v", err)
	}
	_, revision, err := c.Wish(soon(t), message.All)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetWish(soon(t), message.All, wishFor("c"), revision); err != nil {
		t.Fatal(err)
	}
	if err := c.SetWish(soon(t), message.All, wishFor("d"), revision); !errors.Is(err, center.ErrChanged) {
		t.Errorf("changing an old one: got %v", err)
	}
	if w, _, err := c.Wish(soon(t), message.All); err != nil || w.First[0] != "c" {
		t.Errorf("got %+v, %v", w, err)
	}
	if err := c.SetWish(soon(t), "grp.>", wishFor(), 0); err == nil || !strings.Contains(err.Error(), "no key") {
		t.Errorf("a pattern as the key: got %v", err)
	}
	if err := c.SetWish(soon(t), message.All, message.Wish{Share: -1}, 0); err == nil || !strings.Contains(err.Error(), "share -1") {
		t.Errorf("a wrong wish: got %v", err)
	}
}

func TestCenterReadsAllWishesAndEarlierOnes(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	if wishes, err := c.Wishes(soon(t)); err != nil || len(wishes) != 0 {
		t.Errorf("without wishes: got %v, %v", wishes, err)
	}
	if history, err := c.History(soon(t), message.All); err != nil || len(history) != 0 {
		t.Errorf("without history: got %v, %v", history, err)
	}
	for i := range 3 {
		_, revision, err := c.Wish(soon(t), message.All)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetWish(soon(t), message.All, wishFor(fmt.Sprint("v", i)), revision); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SetWish(soon(t), "grp.kiosk", wishFor("kiosk"), 0); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		text     string
		replaced bool
	}{{"other", false}, {"keys", true}, {"keys", false}} {
		s := message.Signed{Text: []byte(step.text), Signatures: []byte("signature")}
		if replaced, err := c.SetKeySet(soon(t), 2, s); err != nil || replaced != step.replaced {
			t.Errorf("%s: another set was replaced: %v, %v", step.text, replaced, err)
		}
	}
	want, err := json.Marshal(message.Signed{Text: []byte("keys"), Signatures: []byte("signature")})
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := c.value(soon(t), message.KeySet(2)); err != nil || string(got) != string(want) {
		t.Errorf("got %s, %v", got, err)
	}
	wishes, err := c.Wishes(soon(t))
	if err != nil || len(wishes) != 2 || wishes["all"].First[0] != "v2" || wishes["grp.kiosk"].First[0] != "kiosk" {
		t.Errorf("got %v, %v", wishes, err)
	}
	history, err := c.History(soon(t), message.All)
	if err != nil || len(history) != 3 || history[0].First[0] != "v2" || history[2].First[0] != "v0" {
		t.Errorf("got %v, %v", history, err)
	}
	if now, err := c.Now(soon(t)); err != nil || time.Since(now).Abs() > time.Minute {
		t.Errorf("got %v, %v", now, err)
	}
}

func TestCenterReadsTheNewestKeysAndMetrics(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	if keys, err := c.Keys(soon(t)); err != nil || keys != nil {
		t.Errorf("without keys: got %v, %v", keys, err)
	}
	set := func(number int64, fleet string) {
		t.Helper()
		text, err := fleettest.KeySet(fleet, number, "shop").Encode()
		if err == nil {
			_, err = c.SetKeySet(soon(t), number, message.Signed{Text: text})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, number := range []int64{1, 2, 10} {
		set(number, "shop")
	}
	if keys, err := c.Keys(soon(t)); err != nil || keys == nil || keys.Number != 10 {
		t.Errorf("got %v, %v", keys, err)
	}
	set(11, "lab")
	if _, err := c.Keys(soon(t)); err == nil || !strings.Contains(err.Error(), `keys 11: the hub has the set 11 of the fleet "lab" there`) {
		t.Errorf("with those of another fleet: %v", err)
	}

	d, other := h.device("kiosk-07"), h.device("kiosk-08")
	online(t, d)
	online(t, other)
	for id, r := range map[string]struct {
		device *Device
		text   string
	}{"1": {d, `{"device":"kiosk-08","text":"a 1"}`}, "2": {other, `{"text":"a 2"}`}} {
		if err := r.device.Report(soon(t), message.MetricsKind, id, []byte(r.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Report(soon(t), message.MetricsKind, "3", []byte(`{"device":"kiosk-08","text":"a 3"}`)); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	err := c.Metrics(soon(t), func(m message.Metrics) { got[m.Device] = m.Text })
	if want := map[string]string{"kiosk-07": "a 3", "kiosk-08": "a 2"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if err := d.Report(soon(t), message.MetricsKind, "4", []byte(`{`)); err != nil {
		t.Fatal(err)
	}
	if err := c.Metrics(soon(t), func(m message.Metrics) { delete(got, m.Device) }); err != nil || got["kiosk-07"] == "" || got["kiosk-08"] != "" {
		t.Errorf("damaged metrics: got %v, %v", got, err)
	}
}

func TestCenterReadsEventsOfTheRightKindAndTime(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	d, other := h.device("kiosk-07"), h.device("kiosk-08")
	online(t, d)
	online(t, other)
	report := func(d *Device, kind message.Kind, boot string) {
		t.Helper()
		if err := d.Report(soon(t), kind, boot, fmt.Appendf(nil, `{"boot":%q,"event":{}}`, boot)); err != nil {
			t.Fatal(err)
		}
	}
	report(d, message.LogKind, "early")
	time.Sleep(10 * time.Millisecond)
	since, err := c.Now(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	report(d, message.LogKind, "log")
	report(d, message.CallKind, "call")
	report(other, message.LogKind, "other")
	if err := d.Report(soon(t), message.LogKind, "damaged", []byte("{")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		device string
		kinds  []message.Kind
		since  time.Time
		want   string
	}{
		{"", nil, time.Time{}, "log early kiosk-07, log log kiosk-07, call call kiosk-07, log other kiosk-08"},
		{"", nil, since, "log log kiosk-07, call call kiosk-07, log other kiosk-08"},
		{"kiosk-07", []message.Kind{message.LogKind}, since, "log log kiosk-07"},
		{"kiosk-07", []message.Kind{message.LogKind, message.CallKind}, since, "log log kiosk-07, call call kiosk-07"},
		{"kiosk-09", nil, time.Time{}, ""},
	} {
		var got []string
		err := c.Events(soon(t), test.device, test.kinds, test.since, false, func(k message.Kind, e message.Event) {
			got = append(got, fmt.Sprintf("%s %s %s", k, e.Boot, e.Device))
		})
		if strings.Join(got, ", ") != test.want || err != nil {
			t.Errorf("%s %v: got %v, %v, want %s", test.device, test.kinds, got, err, test.want)
		}
	}
	if err := c.Events(soon(t), "", []message.Kind{message.StateKind}, since, false, nil); err == nil || !strings.Contains(err.Error(), "none of the kind") {
		t.Errorf("got %v", err)
	}
	if err := c.Events(soon(t), "*", nil, since, false, nil); err == nil {
		t.Error("a pattern is taken for the name of a device")
	}
}

// More devices than one answer of the hub can have.
func TestStatesOfManyDevices(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	conn, _, _ := c.link.state()
	const devices = 1500
	for i := range devices {
		m := &nats.Msg{Subject: fmt.Sprintf("$JS.EVENT.ML_UP.kiosk-%04d.state", i), Header: nats.Header{nats.MsgIdHdr: {fmt.Sprint("boot-", i)}}, Data: []byte(`{"ok":true}`)}
		if err := conn.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	var states []center.Report
	eventually(t, "the hub has stored all states", func() bool {
		var err error
		if states, err = c.States(soon(t)); err != nil {
			t.Fatal(err)
		}
		return len(states) == devices
	})
	if !slices.ContainsFunc(states, func(r center.Report) bool { return r.Device == "kiosk-1499" && r.OK }) {
		t.Error("a state is not there")
	}
}

func TestCenterWithoutLayoutGetsErrors(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c, err := DialCenter(soon(t), h.options(h.creds("admin", "office")))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Fleet() != "shop" || c.Name() != "office" {
		t.Errorf("the centre is %s of %s", c.Name(), c.Fleet())
	}
	for name, call := range map[string]func() error{
		"wish":    func() error { _, _, err := c.Wish(soon(t), message.All); return err },
		"wishes":  func() error { _, err := c.Wishes(soon(t)); return err },
		"history": func() error { _, err := c.History(soon(t), message.All); return err },
		"set":     func() error { return c.SetWish(soon(t), message.All, wishFor(), 0) },
		"states":  func() error { _, err := c.States(soon(t)); return err },
		"watch":   func() error { return c.WatchStates(soon(t), func(center.Report) {}) },
		"file": func() error {
			return c.PutFile(soon(t), "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", []byte("foo"))
		},
	} {
		if err := call(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCenterSaysWhyItCannotConnect(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.listen = true
	h.start()
	h.stop()
	_, err := DialCenter(soon(t), h.options(h.creds("admin", "office")))
	if err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("without a hub: got %v", err)
	}
	h.start()
	stranger := newHub(t)
	_, err = DialCenter(soon(t), h.options(stranger.creds("admin", "office")))
	if err == nil || !strings.Contains(err.Error(), "the hub refuses the credentials") {
		t.Errorf("with credentials of another fleet: got %v", err)
	}
}
