package tcp_test

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

// runFor runs source as a task and cancels the task after some time. It returns the code of the
// task's failure.
func runFor(s *luastdtest.Script, time time.Duration, source string) string {
	return s.Run(fmt.Sprintf(`local t = task.spawn(function() %s end) sleep(%v) t:cancel() return select(3, t:wait())`, source, time.Seconds()))
}

// counted returns a handler that waits until the other end has closed the connection, and counts
// the open connections.
func counted(open *atomic.Int64) func(net.Conn) {
	return func(conn net.Conn) {
		open.Add(1)
		defer open.Add(-1)
		io.WriteString(conn, "hello\n")
		io.Copy(io.Discard, conn)
	}
}

func TestKilledTasks(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	var open atomic.Int64
	unread := serve(t, nil, func(conn net.Conn) {
		open.Add(1)
		defer open.Add(-1)
		time.Sleep(time.Second)
		io.Copy(io.Discard, conn)
	})
	s := openScript(t)
	kill := func(address, source string) {
		t.Helper()
		if got := runFor(s, 100*time.Millisecond, strings.ReplaceAll(source, "SERVER", arguments(address))); got != "cancelled" {
			t.Fatalf("%s: got %s", source, got)
		}
	}
	kill(unread, `tcp.connect(SERVER, {tls = {verify = false}, timeout = 600})`) // the server has not answered
	testkit.Until(t, "the connection that was being made is closed", func() bool { return open.Load() == 0 })
	s.Run(`big = ("x"):rep(2^25)`)
	kill(unread, `c = tcp.connect(SERVER) c:send(big, 600)`)
	testkit.Until(t, "the connection that has sent a part is closed", func() bool { return open.Load() == 0 })

	s.Run(`c = tcp.connect(` + arguments(serve(t, nil, echo)) + `)`)
	kill("", `c:send("one") c:receive()`)
	if got := s.Run(`c:send(" two\n") return c:receive()`); got != "one two" {
		t.Errorf("after a killed task has received, the line is %s", got)
	}
	s.Run(`c:close() c = tcp.connect(` + arguments(serve(t, nil, sayAndWait(""))) + `)`)
	kill("", `c:starttls({verify = false}, 600)`)
	if got := s.Run(`return select(3, c:send("x"))`); got != "closed" {
		t.Errorf("after a killed task has begun TLS, the connection is %s", got)
	}
}

func TestAForgottenConnectionIsClosed(t *testing.T) {
	var open atomic.Int64
	address := serve(t, nil, counted(&open))
	s := openScript(t)
	s.Run(`for i = 1, 10 do assert(tcp.connect(` + arguments(address) + `):receive()) end`)
	testkit.Until(t, "the connections are closed", func() bool {
		s.Run(`local t = {}`)
		runtime.GC()
		return open.Load() == 0
	})
	// An iterator keeps its connection.
	s.Run(`lines = tcp.connect(` + arguments(address) + `):lines()`)
	for range 10 {
		s.Run(`local t = {}`)
		runtime.GC()
	}
	if got := s.Run(`return lines()`); got != "hello" || open.Load() != 1 {
		t.Errorf("got %s, and %d connections are open", got, open.Load())
	}
}

func TestReloadsLeaveNothingOpen(t *testing.T) {
	reloads := 100
	if testing.Short() {
		reloads = 10
	}
	a := testkit.NewAuthority(t)
	var open atomic.Int64
	address := serve(t, nil, counted(&open))
	secure := serve(t, a.ServerConfig(t, "127.0.0.1"), counted(&open))
	source := strings.NewReplacer("SERVER", arguments(address), "SECURE", arguments(secure)).Replace(`
		ballast = ("x"):rep(1e6)
		local n = 0
		on_start(function()
			kept = tcp.connect(SERVER)
			kept:receive()
			spawn(function() n = n + 1 kept:receive("*a", 600) end)
			spawn(function() for l in tcp.connect(SERVER):lines() do n = n + 1 end end)
			spawn(function() local c = tcp.connect(SECURE, {tls = {verify = false}}) c:receive() n = n + 1 c:receive() end)
			spawn(function() n = n + 1 tcp.connect(SERVER, {tls = true}) end)
		end)
		register_tool("started", function() for i = 1, 2000 do if n == 4 then return "ok" end sleep(0.005) end error("not started") end)`)
	s := luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: netGrants("127.0.0.1")})
	once := func() {
		if _, err := s.Scripts.Reload(s.Folder + "/test.lua"); err != nil {
			t.Fatal(err)
		}
		done := make(chan tool.Result, 1)
		s.Scripts.Call(&script.Call{Name: "started", Args: []byte("{}"), Reply: func(_ *script.Call, r tool.Result) { done <- r }})
		if r := <-done; r.IsError {
			t.Fatal(r.Text)
		}
	}
	for range 3 {
		once()
	}
	testkit.Until(t, "the old connections are closed", func() bool { return open.Load() <= 4 })
	openBefore, goroutinesBefore := luastdtest.Descriptors(t), runtime.NumGoroutine()
	for range reloads {
		once()
	}
	testkit.Until(t, "everything is closed", func() bool {
		return open.Load() <= 4 && luastdtest.Descriptors(t) <= openBefore+6 && runtime.NumGoroutine() <= goroutinesBefore+12
	})
	testkit.Until(t, "the memory is free", func() bool {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc < 60<<20 // the generations have 100 MB
	})
}
