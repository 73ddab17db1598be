//go:build !nohub

package fleetpage

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/face/control"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/hub"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/message"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/fleet/serve"
	"moonlark/engine/testkit/browser"
)

// serveFleet runs the centre of a new fleet with a hub, until the test ends. It returns the URL of the hub, the
// connection of the controller, and the credentials of the device kiosk-00.
func serveFleet(t *testing.T) (url string, fleet center.Hub, device []byte) {
	t.Helper()
	folder, err := identity.Init(filepath.Join(t.TempDir(), "shop"), "shop")
	if err != nil {
		t.Fatal(err)
	}
	credentials := func(role identity.Role, name string, groups ...string) []byte {
		creds, err := folder.Credentials(role, name, groups)
		if err != nil {
			t.Fatal(err)
		}
		return creds
	}
	opts := serve.Options{
		Folder: folder, Hub: credentials(identity.Hub, "centre"), Controller: credentials(identity.Operator, "controller"),
		Server: hub.Options{Listen: "127.0.0.1:0", Store: t.TempDir()}, Log: slog.New(slog.DiscardHandler),
	}
	device = credentials(identity.Device, "kiosk-00", "kiosk")
	ready := make(chan struct{})
	opts.Ready = func(u string, f center.Hub) error {
		url, fleet = u, f
		close(ready)
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve.Run(ctx, opts) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatalf("the centre has ended: %v", err)
	}
	return url, fleet, device
}

// The page shows a device that is connected with a real hub, and commands it.
func TestThePageWorksWithARealHub(t *testing.T) {
	chromium.Need(t)
	url, fleet, creds := serveFleet(t)
	device, err := nats.DialDevice(nats.Options{URL: url, Creds: creds, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	commands := make(chan string, 10)
	device.Serve(func(_ context.Context, verb string, body []byte) message.Answer {
		commands <- verb + " " + string(body)
		return message.Answer{Status: 202, Body: `{"ok":true}`}
	})
	seq := int64(0)
	header := func() message.Header {
		seq++
		return message.Header{Device: "kiosk-00", Boot: "b", Seq: seq, Time: time.Now()}
	}
	send := func(kind message.Kind, h message.Header, record any) {
		t.Helper()
		text, err := json.Marshal(record)
		if err == nil {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for err = device.Report(ctx, kind, h.ID(), text); err != nil && ctx.Err() == nil; err = device.Report(ctx, kind, h.ID(), text) {
				time.Sleep(50 * time.Millisecond) // it connects
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	report := func(status string) {
		h := header()
		send(message.StateKind, h, message.State{Header: h, Groups: []string{"kiosk"}, OK: true, Status: status, Running: message.Running{Phase: "factory"}})
	}
	log := func(text string) {
		h := header()
		fields, err := json.Marshal(map[string]string{"type": "log", "level": "info", "text": text})
		if err != nil {
			t.Fatal(err)
		}
		send(message.LogKind, h, message.Event{Header: h, Event: fields})
	}
	report("waiting")
	log("the door is open")
	b17, err := bundle.Open(bundleOfVersion(17).Write(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer b17.Close()
	if _, err := center.Publish(t.Context(), fleet, b17, center.Plan{To: "group:kiosk", Waves: []int{10_000}, Hold: time.Hour}); err != nil {
		t.Fatal(err)
	}

	b := chromium.Open(t, serveHub(t, fleet, control.Options{})+"/fleet", 1280, 800)
	b.UntilText("1 of 1 device online")
	b.UntilText("the door is open")
	b.UntilText("kiosk: factory scripts → shop 17")
	report("connected")
	log("the door is shut")
	b.UntilText("in a conversation")
	b.UntilText("the door is shut")
	b.Do(`[...document.querySelectorAll(".rollout button")].find((e) => e.textContent === "Pause").click()`)
	b.UntilText("paused by anna@office")
	b.Click(".device")
	b.UntilText("a script reports a value with fleet.report")
	b.Click(".commands .btn")
	b.UntilText("Start conversation: done")
	if got := <-commands; got != "start " {
		t.Errorf("the device got %q", got)
	}
	b.Click("#tab-log")
	b.Until(`document.querySelector("#pane").innerText.includes("the door is shut")`)
	device.Close()
	told := ""
	for range 5 { // the hub may not know yet that the device has gone
		b.Do(`document.querySelectorAll(".commands .btn")[1].click()`)
		b.Until(`/not (answered|connected)/.test(document.querySelector(".told").innerText)`)
		if told = browser.Eval[string](b, `document.querySelector(".told").innerText`); strings.Contains(told, "not connected") {
			break
		}
	}
	if told != "End conversation: the device is not connected" {
		t.Errorf("the page says %q", told)
	}
}
