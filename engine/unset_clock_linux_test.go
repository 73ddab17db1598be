package engine_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// A machineClock is the clock of an emulated machine. A Go program asks the kernel for the time without
// the C library, but QEMU, which emulates the program's system calls, asks the C library. So a library
// for QEMU can change the time of day. The monotonic clock stays as it is, as in a machine whose clock
// is set.
type machineClock struct {
	t             *testing.T
	library, path string
}

// newMachineClock returns a clock that shows the right time.
func newMachineClock(t *testing.T) *machineClock {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skipf("gcc is not installed: %v", err)
	}
	c := &machineClock{t, filepath.Join(t.TempDir(), "clock.so"), filepath.Join(t.TempDir(), "clock")}
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-o", c.library, "testdata/clock.c").CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	c.set(time.Now())
	return c
}

// set sets the clock.
func (c *machineClock) set(now time.Time) {
	file, err := os.OpenFile(c.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	defer file.Close()
	seconds := binary.NativeEndian.AppendUint64(nil, uint64(now.Unix()-time.Now().Unix()))
	if _, err := file.Write(seconds); err != nil { // the program has mapped the file
		c.t.Fatal(err)
	}
}

// start starts a program on the machine.
func (c *machineClock) start(folder, program string, args ...string) *testkit.Process {
	emulator := map[string]string{"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}[runtime.GOARCH]
	path, err := exec.LookPath(emulator)
	if err != nil {
		c.t.Skipf("QEMU is not installed: %v", err)
	}
	return testkit.Start(c.t, testkit.Command{
		Path: path, Args: append([]string{"-U", "LD_PRELOAD", program}, args...), Dir: folder,
		Env: append(os.Environ(), "LD_PRELOAD="+c.library, "MOONLARK_TEST_CLOCK="+c.path, "TZ=UTC"),
	})
}

const unsetClockScript = `
	local d = db.open("log.db", { migrations = { "CREATE TABLE visits (at TEXT NOT NULL)" } })
	cron("* * * * * *", function(t) print("cron ran in " .. os.date("%Y", t)) end)
	daily("sunrise", function() print("sunrise") end, { lat = 52.5, lon = 13.4 })
	at("2000-01-01", function() print("the year 2000") end)
	local n = 0
	every(0.5, function()
		n = n + 1
		if n == 1 then print("the timer has run") end
	end)

	register_tool { name = "keep", phrases = { "keep it" }, handler = function()
		assert(store.set("year", (store.get("year") or "") .. os.date(" %Y")))
		assert(store.set("token", "secret", { ttl = 3600 }))
		assert(d:exec("INSERT INTO visits VALUES (datetime('now'))"))
		assert(fs.append("visits.txt", os.date("%Y\n")))
		return ("kept%s and %s, %d and %d visits, timers %s, synced: %s"):format(store.get("year"), store.get("token"),
			d:value("SELECT count(*) FROM visits"), select(2, fs.read("visits.txt"):gsub("\n", "")), n > 0 and "run" or "wait", tostring(time.synced()))
	end }
	register_tool { name = "token", phrases = { "what is the token" }, handler = function() return "the token is " .. tostring(store.get("token")) end }
	register_tool { name = "fetch", phrases = { "fetch it" }, handler = function()
		local answer, why = http.get("URL", { tls = { ca = "./ca.pem" }, timeout = 60 })
		return answer and "fetched " .. answer.body or why
	end }
`

// TestAMachineWhoseClockBeginsIn1970 runs the program on a machine without a battery, whose clock is set
// while the program runs.
func TestAMachineWhoseClockBeginsIn1970(t *testing.T) {
	if testing.Short() {
		t.Skip("an emulated machine is slow")
	}
	if testkit.Race {
		t.Skip("QEMU cannot run a program with the race detector")
	}
	clock := newMachineClock(t)

	authority := testkit.NewAuthority(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the news") }))
	server.TLS = authority.ServerConfig(t, "127.0.0.1")
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)

	folder := t.TempDir()
	for name, content := range map[string]string{"clock.lua": strings.ReplaceAll(unsetClockScript, "URL", server.URL), "ca.pem": string(authority.PEM)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := testkit.Moonlark(t)
	clock.set(time.Unix(100, 0))
	p := clock.start(folder, program, "run", "--data", "data", "--allow-net=127.0.0.1", "--allow-read=.", "clock.lua")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\n%s", p.Stdout.String(), p.Stderr.String())
		}
	})
	output := func() string { return p.Stdout.String() + p.Stderr.String() }
	see := func(what string) {
		t.Helper()
		testkit.Until(t, what, func() bool { return strings.Contains(output(), what) })
	}
	see("connected")
	see("the clock of the machine says 1970-01-01 00:0")
	see("the timer has run")
	p.Enter("keep it")
	see("kept 1970 and secret, 1 and 1 visits, timers run, synced: false")
	p.Enter("fetch it")
	see("set this machine's clock: it says 1 January 1970, but the certificate is valid only since " + time.Now().UTC().Format("2 January 2006"))
	if text := output(); strings.Contains(text, "cron ran") || strings.Contains(text, "sunrise") || strings.Contains(text, "the year 2000") {
		t.Error("a schedule has run before the clock was set")
	}

	now := time.Now().UTC()
	clock.set(now)
	see("the clock of the machine has been set to " + now.Format("2006-01-02"))
	see("cron ran in " + now.Format("2006"))
	p.Enter("what is the token") // it is valid for an hour from now on
	see("the token is secret")
	p.Enter("keep it")
	see("kept 1970 " + now.Format("2006") + " and secret, 2 and 2 visits, timers run")
	p.Enter("fetch it")
	see("fetched the news")
	p.CloseInput()
	if code := p.Wait(time.Minute); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if strings.Contains(output(), "the year 2000") {
		t.Error("a time that is long past has run")
	}
}
