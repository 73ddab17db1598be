package cli

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/center/centertest"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
)

// An operatorTest runs commands of an operator, against a hub in memory unless dialHub is another.
type operatorTest struct {
	testing.TB
	hub     *centertest.Hub
	devices centertest.Devices
	folder  string // --fleet-dir
	dialHub func(context.Context, hubAddress, *slog.Logger) (center.Hub, func(), error)
}

// newOperatorTest returns a fleet of n devices.
func newOperatorTest(t testing.TB, n int) *operatorTest {
	o := &operatorTest{TB: t, hub: centertest.NewHub(), folder: t.TempDir()}
	o.devices.Hub = o.hub
	o.dialHub = func(_ context.Context, a hubAddress, _ *slog.Logger) (center.Hub, func(), error) {
		if a.url != "tls://hub.example:4222" || a.creds != filepath.Join(o.folder, "operator.creds") {
			t.Errorf("the address is %+v", a)
		}
		return o.hub, func() {}, nil
	}
	for i := range n {
		o.devices.Each = append(o.devices.Each, &centertest.Device{Name: fmt.Sprintf("kiosk-%02d", i), Groups: []string{"kiosk"}})
	}
	o.devices.Step(t.Context())
	o.file(hubURLFile, "tls://hub.example:4222\n")
	o.file("operator.creds", "secret")
	return o
}

// file writes a file into the folder and returns its path.
func (o *operatorTest) file(name, text string) string {
	o.Helper()
	path := filepath.Join(o.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		o.Fatal(err)
	}
	return path
}

// bundle writes a bundle and returns its path.
func (o *operatorTest) bundle(version int64) string {
	return fleettest.Bundle{Version: version, Files: map[string]string{"kiosk.lua": ""}}.Write(o.folder)
}

// run runs a command line and returns what it prints.
func (o *operatorTest) run(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	o.Helper()
	outPath, errPath := o.file("stdout", ""), o.file("stderr", "")
	outFile, e1 := os.OpenFile(outPath, os.O_WRONLY, 0)
	errFile, e2 := os.OpenFile(errPath, os.O_WRONLY, 0)
	if err := errors.Join(e1, e2); err != nil {
		o.Fatal(err)
	}
	defer outFile.Close()
	defer errFile.Close()
	con := &console{stdout: newOutput(outFile), stderr: newOutput(errFile), dialHub: o.dialHub}
	parsed, err := newParser(con).Parse(append(args, "--fleet-dir", o.folder))
	if err != nil {
		return "", "", err
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(con)
	err = parsed.Run()
	outText, e1 := os.ReadFile(outPath)
	errText, e2 := os.ReadFile(errPath)
	if err := errors.Join(e1, e2); err != nil {
		o.Fatal(err)
	}
	return string(outText), string(errText), err
}

// ok runs a command line that must succeed, and returns its stdout.
func (o *operatorTest) ok(args ...string) string {
	o.Helper()
	stdout, stderr, err := o.run(o.Context(), args...)
	if err != nil {
		o.Fatalf("%q: %v, %s%s", args, err, stdout, stderr)
	}
	return stdout
}

// fails runs a command line whose error must have a text.
func (o *operatorTest) fails(want string, args ...string) {
	o.Helper()
	if _, _, err := o.run(o.Context(), args...); err == nil || !strings.Contains(err.Error(), want) {
		o.Errorf("%q: the error is %v, want %s", args, err, want)
	}
}

// has checks that a text has all of these parts.
func (o *operatorTest) has(text string, parts ...string) {
	o.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			o.Errorf("%q is not in\n%s", part, text)
		}
	}
}

func TestAnOperatorPublishesBundles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOperatorTest(t, 20)
		o.fails("no bundle has been published", "fleet", "rollback", "kiosk")
		o.has(o.ok("fleet", "publish", o.bundle(16), "--to", "kiosk", "--at-once"), "shop 16 for kiosk\n", "wave 1, 100 %      20 devices")
		o.devices.Pass(t.Context(), 15*time.Minute)
		seventeen := o.bundle(17)
		dry := o.ok("fleet", "publish", seventeen, "--to", "kiosk", "--first", "kiosk-07", "--dry-run")
		o.has(dry, "shop 16 → shop 17 for kiosk\n", "the first devices  1 device\n  kiosk-07\n", "wave 3, 100 %")
		o.has(o.ok("fleet", "publish", seventeen, "--to", "kiosk", "--waves", "50%,100%", "--window", "02:00-04:30"),
			"moonlark fleet resume kiosk --follow goes on")
		o.fails("--replace ends that", "fleet", "publish", o.bundle(18), "--to", "kiosk")
		o.has(o.ok("fleet", "pause", "kiosk"), "the rollout to kiosk is paused")
		o.has(o.ok("fleet", "status"), "fleet shop · 20 devices · 20 online · kiosk 16 → 17, wave 1 of 2: 50 %, paused by ")
		o.has(o.ok("fleet", "resume", "kiosk"), "not paused any more")
		w, _, err := o.hub.Wish(t.Context(), "grp.kiosk")
		if err != nil || w.Window == nil || *w.Window != (message.Window{From: "02:00", To: "04:30"}) {
			t.Errorf("the window is %v, %v", w.Window, err)
		}
		o.has(o.ok("fleet", "stop", "kiosk"), "the rollout of shop 17 has ended: all devices of kiosk go back to shop 16")
		if w, _, err = o.hub.Wish(t.Context(), "grp.kiosk"); err != nil || w.Window != nil {
			t.Errorf("devices that go back wait for the window %v, %v", w.Window, err)
		}
		o.fails("nothing is being rolled out to kiosk", "fleet", "resume", "kiosk", "--follow")

		o.fails(`"nearly all" is not a percentage`, "fleet", "publish", seventeen, "--to", "kiosk", "--waves", "nearly all")
		o.fails("can't be used together", "fleet", "publish", seventeen, "--to", "kiosk", "--waves", "100%", "--at-once")
		o.fails("--window: wish: window: \"2h\" is not a time", "fleet", "publish", seventeen, "--to", "kiosk", "--window", "2h")
		o.fails("no device or group called lobby", "fleet", "pause", "lobby")
		other := fleettestKey(o, "other")
		o.fails("signed", "fleet", "publish", seventeen, "--to", "kiosk", "--trust", other)
		o.has(o.ok("fleet", "publish", seventeen, "--to", "kiosk", "--trust", fleettestKey(o, "shop"), "--trust", other, "--dry-run"), "wave 2, 25 %")
	})
}

// fleettestKey writes a public key and returns the path of its file.
func fleettestKey(o *operatorTest, name string) string {
	public, _ := fleettest.Key(name)
	text, err := public.MarshalText()
	if err != nil {
		o.Fatal(err)
	}
	return o.file(name+".pub", string(text))
}

func TestFollowShowsTheRolloutUntilItHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOperatorTest(t, 20)
		o.ok("fleet", "publish", o.bundle(16), "--to", "kiosk", "--at-once")
		o.devices.Pass(t.Context(), 15*time.Minute)
		type result struct {
			stdout, stderr string
			err            error
		}
		results := make(chan result)
		run := func(ctx context.Context, args ...string) {
			go func() {
				stdout, stderr, err := o.run(ctx, args...)
				results <- result{stdout, stderr, err}
			}()
		}
		ctx, interrupt := context.WithCancel(t.Context())
		run(ctx, "fleet", "publish", o.bundle(17), "--to", "kiosk", "--follow")
		o.devices.Pass(t.Context(), 5*time.Minute)
		interrupt()
		r := <-results
		if code := report(devNull(t), r.err); code != exitFailed {
			t.Errorf("the exit code is %d", code)
		}
		o.has(r.stdout, "kiosk 16 → 17, wave 1 of 3: ", "30 min left\n  good 0 of ")
		o.has(r.stderr, "the rollout goes on if moonlark fleet serve runs; if not, moonlark fleet resume kiosk --follow goes on with it. moonlark fleet pause kiosk stops it")

		run(t.Context(), "fleet", "resume", "kiosk", "--follow")
		o.devices.Pass(t.Context(), 2*time.Hour)
		if r = <-results; r.err != nil || !strings.HasSuffix(r.stdout, "shop 17 is the bundle of all devices\n") {
			t.Errorf("%v, %s%s", r.err, r.stdout, r.stderr)
		}

		for _, d := range o.devices.Each {
			d.Fails = func(int64) string { return "no printer" }
		}
		run(t.Context(), "fleet", "publish", o.bundle(18), "--to", "kiosk", "--waves", "30%,100%", "--follow")
		o.devices.Pass(t.Context(), time.Hour)
		r = <-results
		if code := report(devNull(t), r.err); code != exitFailed {
			t.Errorf("the exit code is %d", code)
		}
		o.has(r.stdout, "shop 18 was taken back: it has failed on ", "back: no printer\n")
		for _, d := range o.devices.Each {
			d.Fails = nil
		}
		o.has(o.ok("fleet", "rollback", "kiosk"), "all devices of kiosk go back to shop 16")
		o.has(o.ok("fleet", "rollback", "kiosk", "--to", "17"), "all devices of kiosk go back to shop 17")
		o.has(o.ok("fleet", "rollback", "kiosk", "--bundle", o.bundle(15)), "all devices of kiosk go back to shop 15")
	})
}

func devNull(t *testing.T) *os.File {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	return null
}

func TestAnOperatorLooksAtTheFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOperatorTest(t, 3)
		o.has(o.ok("fleet", "status", "kiosk-02"), "kiosk-02 · online", "runs            (factory)")
		o.fails("(did you mean 'kiosk-02'?)", "fleet", "status", "kiosk-2")
		o.fails("no device called", "fleet", "logs", "lobby")
		var s center.Status
		if err := json.Unmarshal([]byte(o.ok("fleet", "status", "--json")), &s); err != nil || s.Known != 3 || len(s.Devices) != 3 {
			t.Errorf("got %+v, %v", s, err)
		}
		var d center.DeviceStatus
		if err := json.Unmarshal([]byte(o.ok("fleet", "status", "kiosk-01", "--json")), &d); err != nil || d.Device != "kiosk-01" || !d.Online {
			t.Errorf("got %+v, %v", d, err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 12*time.Second)
		defer stop()
		watched, _, err := o.run(ctx, "fleet", "status", "--watch")
		if n := strings.Count(watched, "fleet shop · 3 devices"); n != 3 || err != nil {
			t.Errorf("shown %d times, %v", n, err)
		}
		o.hub.Fail(errors.New("no connection"))
		o.fails("no connection", "fleet", "status", "--watch")
	})
}

func TestLogsAndCallsOfDevicesArePrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOperatorTest(t, 2)
		at := time.Now()
		add := func(kind message.Kind, device, fields string) {
			o.hub.Event(kind, message.Event{Header: message.Header{Device: device, Boot: "b", Seq: 1, Time: at}, Event: json.RawMessage(fields)})
		}
		add(message.LogKind, "kiosk-00", `{"type":"log","level":"warn","text":"no such pin\u001b[2J","script":"kiosk.lua"}`)
		add(message.EventKind, "kiosk-01", `{"type":"bundle","fleet":"shop","version":17,"phase":"good"}`)
		add(message.CallKind, "kiosk-01", `{"type":"tool_call","tool":"light","call_id":"1","args":{"on":true}}`)
		add(message.CallKind, "kiosk-01", `{"type":"tool_result","tool":"light","call_id":"1","result":"on","seconds":0.2}`)
		add(message.EventKind, "kiosk-01", `{"type":"of_a_newer_version"}`)
		start := at.Local().Format("2006-01-02 15:04:05")
		logs := o.ok("fleet", "logs")
		o.has(logs, start+"  kiosk-00          warning: kiosk.lua: no such pin\\x1b[2J\n", start+"  kiosk-01          bundle shop 17 is good\n", "of_a_newer_version")
		if strings.Contains(logs, "light") {
			t.Errorf("the logs have calls:\n%s", logs)
		}
		if text := o.ok("fleet", "logs", "kiosk-01"); strings.Contains(text, "kiosk-00") {
			t.Errorf("the logs of kiosk-01 are\n%s", text)
		}
		add(message.CallKind, "kiosk-00", `{"type":"tool_call","tool":"door","call_id":"2","args":{}}`) // has no result yet
		o.has(o.ok("fleet", "calls"), "light(on: true) -> on", start+"  kiosk-00          door()")
		o.has(o.ok("fleet", "calls", "--json"), `{"kind":"call","device":"kiosk-01","boot":"b","seq":1,"time":"`, `"event":{"type":"tool_result"`)
		time.Sleep(2 * time.Hour)
		if text := o.ok("fleet", "logs"); text != "" {
			t.Errorf("two hours later, there is\n%s", text)
		}
		o.has(o.ok("fleet", "logs", "--since", "3h"), "no such pin")
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		if text, _, err := o.run(ctx, "fleet", "logs", "-f", "--since", "3h"); err != nil || !strings.Contains(text, "no such pin") {
			t.Errorf("followed: %v, %s", err, text)
		}
	})
}

func TestAnOperatorCommandsDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOperatorTest(t, 3)
		o.fails("kiosk-01 is not connected: with --once", "fleet", "say", "kiosk-01", "hello")
		o.hub.Answer(func(device, verb string, body []byte) (message.Answer, error) {
			switch {
			case device == "kiosk-02":
				return message.Answer{Status: 409, Body: `{"ok":false,"error":"there is no conversation"}`}, nil
			case verb == "healthz":
				return message.Answer{Status: 200, Body: `{"ok":true,"status":"connected"}`}, nil
			case verb == "log":
				return message.Answer{Status: 500, Body: "broken\x1b[2J"}, nil
			}
			if device == "kiosk-01" {
				time.Sleep(time.Second) // so that the order of the answers is known
			}
			if want := map[string]string{
				"say": `{"text":"good morning"}`, "event": `{"data":{"pin":4},"type":"button"}`, "start": "", "context": `{"text":"rain"}`,
			}[verb]; string(body) != want {
				t.Errorf("%s has the body %s, want %s", verb, body, want)
			}
			return message.Answer{Status: 202, Body: `{"ok":true}`}, nil
		})
		if text := o.ok("fleet", "say", "kiosk-01", "good", "morning"); text != "done\n" {
			t.Errorf("say prints %q", text)
		}
		o.ok("fleet", "event", "kiosk-01", "button", `{"pin": 4}`)
		o.ok("fleet", "exec", "kiosk-01", "start")
		o.ok("fleet", "exec", "kiosk-01", "context", `{"text": "rain"}`)
		o.has(o.ok("fleet", "exec", "kiosk-01", "healthz"), `{"ok":true,"status":"connected"}`)
		o.fails("kiosk-02: there is no conversation", "fleet", "say", "kiosk-02", "good morning")
		o.fails(`kiosk-01: status 500: broken\x1b[2J`, "fleet", "exec", "kiosk-01", "log")
		o.fails("not JSON", "fleet", "event", "kiosk-01", "button", "{")
		o.fails("not JSON", "fleet", "exec", "kiosk-01", "say", "{")
		o.fails("must be one of", "fleet", "exec", "kiosk-01", "dance")
		o.fails("Kiosk", "fleet", "exec", "Kiosk", "start")
		o.fails("no device of the group lobby", "fleet", "exec", "lobby", "start", "--group")

		stdout, _, err := o.run(t.Context(), "fleet", "say", "kiosk", "good morning", "--group")
		if code := report(devNull(t), err); code != exitFailed {
			t.Errorf("the exit code is %d", code)
		}
		o.has(stdout, "kiosk-00", "done\n", "kiosk-02", "there is no conversation\n", "2 of 3 devices have carried out the command\n")

		o.has(o.ok("fleet", "say", "kiosk-02", "good morning", "--once"), "kiosk-02 carries out the command when it is connected, until ")
		o.ok("fleet", "exec", "all", "reload", "--once", "--group", "--expires", "1h")
		o.fails("--expires", "fleet", "exec", "kiosk", "reload", "--once", "--group", "--expires", "0s")
		o.fails("--expires is for commands with --once", "fleet", "exec", "kiosk-02", "reload", "--expires", "1h")
		o.fails("nobody would get the answer", "fleet", "exec", "kiosk-02", "healthz", "--once")
		for _, args := range [][]string{{"kiosk-20"}, {"lobby", "--group"}} {
			_, warning, err := o.run(t.Context(), append([]string{"fleet", "exec", "--once", "--group=" + fmt.Sprint(len(args) > 1), args[0]}, "start")...)
			if err != nil || !strings.Contains(warning, "has been heard of") {
				t.Errorf("%q: %q, %v", args, warning, err)
			}
		}
		one, _, _ := o.hub.Wish(t.Context(), "dev.kiosk-02")
		all, _, _ := o.hub.Wish(t.Context(), "all")
		if len(one.Once) != 1 || string(one.Once[0].Body) != `{"text":"good morning"}` || len(all.Once) != 1 || time.Until(all.Once[0].Expires) > time.Hour {
			t.Errorf("the wishes have %+v and %+v", one.Once, all.Once)
		}
	})
}

func TestTheAddressOfTheHubIsInTheFolderOfTheOperator(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fails := func(f operatorFlags, want string) {
		t.Helper()
		if _, err := f.address(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", f, err, want)
		}
	}
	f := operatorFlags{FleetDir: folder}
	fails(f, "no hub is named: add --hub")
	write(hubURLFile, " tls://hub.example:4222\n")
	fails(f, "there are no credentials: add --creds")
	creds := write("operator.creds", "secret")
	a, err := f.address()
	if err != nil || a.url != "tls://hub.example:4222" || a.creds != creds || a.roots != nil {
		t.Errorf("got %+v, %v", a, err)
	}
	fails(operatorFlags{FleetDir: folder, Creds: "none.creds"}, "none.creds")
	fails(operatorFlags{FleetDir: folder, CA: "none.pem"}, "none.pem")
	write(hubCAFile, "not a certificate")
	fails(f, "ca.pem has no certificate")
	write(hubCAFile, strings.Repeat("x", maxHubFile+1))
	fails(f, "has more than")
	server := httptest.NewTLSServer(nil)
	server.Close()
	f.CA = write("other.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	if a, err = f.address(); err != nil || a.roots == nil || a.roots.Equal(x509.NewCertPool()) {
		t.Errorf("got %+v, %v", a, err)
	}
	f.Hub = "nats://127.0.0.1:4222"
	if a, err = f.address(); err != nil || a.url != f.Hub {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestSharesArePercentages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]share{"5%": 500, "2.5 %": 250, "100": 10_000, "0.001%": 1, "0%": 0, "101%": 0, "five": 0, "": 0, "NaN": 0} {
		var s share
		if err := s.UnmarshalText([]byte(text)); (err == nil) != (want > 0) || s != want {
			t.Errorf("%q: %d, %v", text, s, err)
		}
	}
}
