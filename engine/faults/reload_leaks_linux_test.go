package faults

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"moonlark/engine/clock"
	"moonlark/engine/permit"
	"moonlark/engine/pins/sim"
	luascript "moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
	"moonlark/luastd"
	"moonlark/luastd/luastdtest"
)

// opensEverything is a script that keeps something of each kind open, and never closes it.
const opensEverything = `
	state.generation = (state.generation or 0) + 1
	local generation = state.generation
	local db1, db2 = db.open("leak.db"), db.open("m", {mode = "memory"})
	local other = store.open("other")
	local mutex, semaphore, queue, event = task.mutex(), task.semaphore(1), task.queue(1), task.event()
	fs.watch("watched", function() end)
	fs.watch("./", function() end, {recursive = true})
	store.watch("", function() sleep(600) end)
	local lamp, lamps, button = gpio.output(4), gpio.group{6, 7}, gpio.button(5)
	gpio.pwm{channel = 0}
	for _, method in ipairs{"on_press", "on_release", "on_change"} do button[method](button, function() sleep(600) end) end
	button:on_hold(600, function() end)
	button:on_click(2, function() end)
	local terminal, unplugged = serial.open("TERMINAL"), serial.open("/dev/ttyUSB77")
	terminal:on_line(function() sleep(600) end)
	unplugged:on("connect", function() end)
	every(0.02, function() tick(generation) end)
	every(600, function() end)
	after(600, function() end)
	cron("* * * * * *", function() sleep(600) end)
	daily("07:00", function() end)
	at(os.time() + 600, function() end)
	local client = BROKER and mqtt.connect("mqtt://127.0.0.1:" .. BROKER, {status = "status"})
	if client then
		client:subscribe("a/#", function() sleep(600) end)
		client:on("connect", function() sleep(600) end)
		client:home_assistant{name = "Test"}:switch{id = "s", on_command = function() sleep(600) end}:set(true)
	end
	on_start(function()
		if client then
			local own = mqtt.connect("mqtt://127.0.0.1:" .. BROKER, {client_id = "generation" .. generation})
			spawn(function() own:wait() own:subscribe("b"):receive() end)
			spawn(function() own:request("a/b", "x", {timeout = 600}) end)
			spawn(function() for msg in client:subscribe("c"):messages() do end end)
			spawn(function() client:publish("a/b", "x", {qos = 2}) end)
			spawn(function() mqtt.connect("mqtt://127.0.0.1:1"):wait(600) end)
		end
		stream = assert(http.get("URL", {stream = true}))
		spawn(function() for l in http.get("URL", {stream = true}):lines() do end end)
		spawn(function() http.get("URL", {timeout = 600}) end)
		spawn(function() http.post("URL", function() sleep(600) end, {timeout = 600}) end)
		spawn(function() http.download("URL", "download", {timeout = 600}) end)
		file = assert(fs.open("file", "w"))
		file:write("x")
		assert(fs.temp(".x"))
		assert(fs.write("watched", tostring(generation), {sync = false}))
		assert(db1:exec("CREATE TABLE IF NOT EXISTS t (x)"))
		spawn(function() db1:transaction(function() db1:exec("INSERT INTO t VALUES (1)") sleep(600) end) end)
		assert(db2:exec("CREATE TABLE t (x)"))
		spawn(function() db2:value("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT 1 FROM c) SELECT count(*) FROM c") end)
		assert(store.set("a", generation, {lazy = true}))
		assert(other.set("a", generation))
		program = assert(exec.start({"cat"}, {stdin = "pipe", on_line = function() sleep(600) end, on_exit = function() end}))
		program:write("x\n")
		assert(exec.start({"sleep", 600}))
		spawn(function() exec.run({"sleep", 600}, {timeout = 600}) end)
		task.spawn(function() mutex:lock() semaphore:acquire() sleep(600) end)
		task.yield()
		task.spawn(function() mutex:lock() end)
		task.spawn(function() semaphore:acquire() end)
		task.spawn(function() queue:get() end)
		task.spawn(function() event:wait() end)
		task.spawn(function() task.all{function() sleep(600) end, function() event:wait(600) end} end)
		task.spawn(function() task.retry(1000, function() return nil, "no" end, {wait = 600}) end)
		task.spawn(function() task.timeout(600, sleep, 600) end)
		server = assert(tcp.listen{port = 0})
		server:on_connection(function() sleep(600) end)
		spawn(function() tcp.connect("127.0.0.1", server.port):receive("*a", 600) end)
		socket = assert(udp.open{host = "127.0.0.1", port = PORT})
		spawn(function() socket:receive() end)
		spawn(function() udp.open():receive() end)
		task.spawn(function() for i = 1, 1000 do re.gsub(("a"):rep(1e5), "(a|b)*c", "") end end)
		lamp:blink(0.001, 0.001)
		spawn(function() button:wait("press") end)
		spawn(function() terminal:write(("x"):rep(2^20), 600) end)
		spawn(function() unplugged:read_line() end)
		started = true
	end)
	register_tool("started", function() for i = 1, 2000 do if started then return "ok" end sleep(0.005) end end)
`

// TestReloadsOfAScriptThatOpensEverythingLeakNothing reloads a script that keeps streams, files,
// watches, databases, stores, programs, servers, sockets, MQTT clients, pins, serial ports, tasks, locks and
// timers open. After 200 reloads there must soon be no more goroutines, open files, programs and memory than
// after the first ones, and only the timers of the last generation may run. (A store stays open for two
// seconds.)
func TestReloadsOfAScriptThatOpensEverythingLeakNothing(t *testing.T) {
	reloads := 200
	if testing.Short() {
		reloads = 20
	}
	ticks := &ticks{}
	mosquitto := broker(t)
	others := children(t) // the broker
	chip := sim.New(clock.Machine{})
	terminal := openTerminal(t)
	s := luastdtest.Open(t, luastdtest.Options{
		Source: strings.NewReplacer("URL", serveNothing(t), "PORT", freePort(t), "BROKER", mosquitto, "TERMINAL", terminal).Replace(opensEverything),
		Pins:   chip,
		Permissions: permit.Settings{Grants: []permit.Grant{
			{Kind: permit.GPIO}, {Kind: permit.Serial, Value: terminal}, {Kind: permit.Serial},
			{Kind: permit.Net, Value: "127.0.0.1"}, {Kind: permit.Listen}, {Kind: permit.Run, Value: "sleep"}, {Kind: permit.Run, Value: "cat"},
		}},
	}, ticks.module())
	reload := func() {
		chip.SetLevel(5, false) // presses the button, and releases it
		chip.SetLevel(5, true)
		if _, err := s.Scripts.Reload(filepath.Join(s.Folder, "test.lua")); err != nil {
			t.Fatal(err)
		}
		done := make(chan tool.Result, 1)
		s.Scripts.Call(&luascript.Call{Name: "started", Args: []byte("{}"), Reply: func(_ *luascript.Call, r tool.Result) { done <- r }})
		if r := <-done; r.Text != "ok" {
			t.Fatalf("on_start has not ended: %s", r.Text)
		}
	}
	for range 10 {
		reload()
	}
	time.Sleep(time.Second) // what the generations before have opened is being closed
	before, programsBefore := measure(), children(t)
	began := time.Now()
	for range reloads {
		reload()
	}
	took := time.Since(began)
	var after resources
	var programs int
	testkit.Until(t, "everything of the old generations is closed and freed", func() bool {
		after, programs = measure(), children(t)
		return after.goroutines <= before.goroutines+10 && after.files <= before.files+10 && programs <= programsBefore && after.heap <= before.heap+8<<20
	})
	t.Logf("%d reloads in %v; before: %v, %d programs; afterwards: %v, %d programs", reloads, took.Round(time.Millisecond), before, programsBefore, after, programs)
	ticks.clear()
	testkit.Until(t, "the timer has run", func() bool { return len(ticks.all()) > 0 })
	time.Sleep(200 * time.Millisecond)
	if all := ticks.all(); len(all) != 1 || !all[lua.LNumber(reloads+11)] {
		t.Errorf("timers of the generations %v run, want only those of %d", all, reloads+11)
	}
	if files, _ := filepath.Glob(filepath.Join(s.DataFolder, "*.x")); len(files) > 1 {
		t.Errorf("%d temporary files are left", len(files))
	}
	s.Scripts.Close()
	testkit.Until(t, "all programs have ended", func() bool { return children(t) == others })
	testkit.Until(t, "no goroutine of a module is left", func() bool { // a store stays open for two seconds
		stacks := make([]byte, 1<<22)
		return !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "moonlark/luastd/")
	})
}

// serveNothing starts a web server that sends one line and then nothing until the connection is
// closed, and returns its URL.
func serveNothing(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// openTerminal returns the path of a pseudo-terminal whose other end takes nothing.
func openTerminal(t *testing.T) string {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no pseudo-terminals: ", err)
	}
	t.Cleanup(func() { master.Close() })
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/dev/pts/%d", number)
}

// broker starts an MQTT broker, and returns its port, or "nil" if Mosquitto is not installed.
func broker(t *testing.T) string {
	if testkit.MosquittoPath() == "" {
		return "nil"
	}
	b := testkit.NewMosquitto(t)
	b.Start()
	return b.Port
}

// freePort returns a port for datagrams that nobody uses.
func freePort(t *testing.T) string {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
	return port
}

// children returns how many programs that this process has started are running.
func children(t *testing.T) int {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range stats {
		text, _ := os.ReadFile(path)
		_, rest, _ := strings.Cut(string(text), ") ") // the name of the program may have spaces
		var state string
		var parent int
		fmt.Sscan(rest, &state, &parent)
		if parent == os.Getpid() {
			n++
		}
	}
	return n
}

// ticks are the generations of a script whose timers have run.
type ticks struct {
	mu   sync.Mutex // guards seen
	seen map[lua.LNumber]bool
}

// module returns a module with the Lua function tick(generation).
func (k *ticks) module() luastd.Module {
	return luastd.Module{Name: "ticks", Globals: []string{"tick"}, Open: func(L *lua.LState, _ luastd.Runtime) lua.LValue {
		t := L.NewTable()
		t.RawSetString("tick", L.NewFunction(func(L *lua.LState) int {
			k.mu.Lock()
			defer k.mu.Unlock()
			if k.seen != nil {
				k.seen[L.CheckNumber(1)] = true
			}
			return 0
		}))
		return t
	}}
}

func (k *ticks) clear() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen = map[lua.LNumber]bool{}
}

func (k *ticks) all() map[lua.LNumber]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[lua.LNumber]bool{}
	for g := range k.seen {
		all[g] = true
	}
	return all
}
