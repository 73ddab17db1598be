package nats

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
)

// A kiosk is a device that follows the wish for the group kiosk, without running anything.
type kiosk struct {
	*Device
	t   *testing.T
	seq int64
}

// follow reads the wish, fetches the files of the bundle that it names, and reports that the bundle is good.
func (k *kiosk) follow() {
	k.t.Helper()
	text, _, err := k.Read(soon(k.t), message.Group("kiosk"))
	if err != nil {
		k.t.Fatal(err)
	}
	w, err := message.ParseWish(text)
	if err != nil {
		k.t.Fatal(err)
	}
	signed := w.Choices(k.Name())[0]
	m, err := bundle.ParseManifest(signed.Text)
	if err != nil {
		k.t.Fatal(err)
	}
	for _, f := range m.Files {
		content, err := k.Chunk(soon(k.t), f.SHA256, 0)
		if sum := sha256.Sum256(content); err != nil || hex.EncodeToString(sum[:]) != f.SHA256 {
			k.t.Fatalf("%s: got %q, %v", f.Path, content, err)
		}
	}
	sum := sha256.Sum256(signed.Text)
	digest := hex.EncodeToString(sum[:])
	k.seq++
	s := message.State{
		Header: message.Header{Device: k.Name(), Boot: "b1", Seq: k.seq, Time: time.Now()}, Groups: k.Groups(), OK: true, Status: "waiting",
		Running: message.Running{Name: m.Name(), Version: m.Version, Digest: digest, Phase: message.Good},
		Wanted:  &message.Wanted{Name: m.Name(), Digest: digest, Phase: message.Good},
	}
	record, err := json.Marshal(s)
	if err == nil {
		err = k.Report(soon(k.t), message.StateKind, fmt.Sprintf("%s-%d", k.Name(), k.seq), record)
	}
	if err != nil {
		k.t.Fatal(err)
	}
}

// The centre of a fleet, with a real hub.
func TestAnOperatorRollsABundleOut(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	hub := h.center()
	var kiosks []*kiosk
	for i := range 5 {
		k := &kiosk{Device: h.device(fmt.Sprintf("kiosk-%d", i), "group:kiosk"), t: t}
		k.Serve(func(_ context.Context, verb string, body []byte) message.Answer {
			return message.Answer{Status: 202, Body: verb + " " + string(body)}
		})
		online(t, k.Device)
		kiosks = append(kiosks, k)
	}
	publish := func(version int64, plan center.Plan) {
		t.Helper()
		path := fleettest.Bundle{Version: version, Files: map[string]string{"kiosk.lua": fmt.Sprint("-- ", version)}}.Write(t.TempDir())
		b, err := bundle.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		plan.To = "group:kiosk"
		if _, err := center.Publish(soon(t), hub, b, plan); err != nil {
			t.Fatal(err)
		}
	}
	status := func(want string) {
		t.Helper()
		for _, k := range kiosks {
			k.follow()
		}
		f, err := center.Look(soon(t), hub)
		if err != nil {
			t.Fatal(err)
		}
		if text := center.StatusOf(f, nil).Text(); !strings.Contains(text, want) {
			t.Fatalf("the status is\n%s\nwant %s", text, want)
		}
	}
	// control lets a Controller look at the fleet until it changes something.
	control := func(want string) {
		t.Helper()
		ctx, cancel := context.WithCancel(soon(t))
		told := ""
		c := center.Controller{Hub: hub, Notify: func(_, text string) { told = text; cancel() }}
		c.Run(ctx)
		if !strings.Contains(told, want) {
			t.Fatalf("the controller says %q, want %q", told, want)
		}
	}

	publish(16, center.Plan{AtOnce: true})
	status("fleet shop · 5 devices · 5 online\n  runs            shop 16 × 5\n")
	publish(17, center.Plan{First: []string{"kiosk-3"}, Waves: []int{message.Shares}})
	status("kiosk 16 → 17, the first devices, waits for its devices\n  good 1 of 1\n  runs            shop 16 × 4, shop 17 × 1\n")
	control("wave 1 of 1 begins")
	status("good 5 of 5\n  runs            shop 17 × 5\n")
	control("the rollout is done")
	status("kiosk: shop 17 is the bundle of all devices")
	if back, err := center.RollBack(soon(t), hub, message.Group("kiosk"), 0, "anna"); err != nil || back.Bundle != "shop 16" {
		t.Fatalf("got %+v, %v", back, err)
	}
	status("runs            shop 16 × 5")

	commandKiosks(t, hub)
}

// commandKiosks commands the devices of the group kiosk.
func commandKiosks(t *testing.T, hub *Center) {
	names := []string{"kiosk-0", "kiosk-1", "kiosk-2", "kiosk-3", "kiosk-4", "kiosk-5"}
	answers := map[string]string{}
	err := center.SendAll(soon(t), hub, names, "say", []byte(`{"text":"hello"}`), func(r center.Reply) {
		if r.Device == "kiosk-5" && errors.Is(r.Err, center.ErrNobody) {
			return
		}
		if r.Err != nil {
			t.Errorf("%s: %v", r.Device, r.Err)
		}
		answers[r.Answer.Body] += r.Device
	})
	if err != nil || len(answers) != 1 || len(answers[`say {"text":"hello"}`]) != 5*len("kiosk-0") {
		t.Errorf("got %v, %v", answers, err)
	}
	once := message.Once{ID: "1", Verb: "reload", Expires: time.Now().Add(time.Hour)}
	if err := center.AddOnce(soon(t), hub, message.Group("kiosk"), once); err != nil {
		t.Error(err)
	}
	if w, _, err := hub.Wish(soon(t), message.Group("kiosk")); err != nil || len(w.Once) != 1 || !bytes.Contains(w.Stable.Text, []byte("16")) {
		t.Errorf("got %+v, %v", w, err)
	}
}
