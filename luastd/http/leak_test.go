package http_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/script"
	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

// runFor runs source as a task and cancels the task after some time. It returns the code of the
// task's failure.
func runFor(t *testing.T, s *luastdtest.Script, time time.Duration, source string) string {
	t.Helper()
	return s.Run(fmt.Sprintf(`local t = task.spawn(function() %s end) sleep(%v) t:cancel() return select(3, t:wait())`, source, time.Seconds()))
}

func TestAKilledTaskClosesItsConnection(t *testing.T) {
	url, serving := hanging(t)
	s := openScript(t)
	for _, row := range []struct{ why, source string }{
		{"waiting for the answer", `http.get("URL/silent")`},
		{"receiving the body", `http.get("URL")`},
		{"reading a stream", `local r = http.get("URL", {stream = true}) r:read() r:read()`},
		{"reading lines", `for l in http.get("URL", {stream = true}):lines() do end`},
		{"saving a stream", `http.get("URL", {stream = true}):save("x")`},
		{"downloading", `http.download("URL", "y")`},
		{"uploading", `http.post("URL", function() sleep(0.02) return "x" end)`},
	} {
		t.Run(row.why, func(t *testing.T) {
			var took time.Duration
			for range 5 { // the machine may be busy
				got := runFor(t, s, 200*time.Millisecond, strings.ReplaceAll(row.source, "URL", url))
				if got != "cancelled" {
					t.Fatalf("got %s", got)
				}
				if took = luastdtest.WaitFor(t, "the connection is closed", func() bool { return serving.Load() == 0 }); took <= 100*time.Millisecond {
					break
				}
			}
			if took > 100*time.Millisecond {
				t.Errorf("the connection was closed after %v", took)
			}
		})
	}
	if files, _ := os.ReadDir(s.DataFolder); len(files) > 0 {
		t.Errorf("%d files are left", len(files))
	}
	// All slots are free again.
	luastdtest.WaitFor(t, "all slots are free", func() bool {
		return s.Run(`for i = 1, 8 do local r = http.get("`+url+`", {stream = true, timeout = 1}) if not r then return false end r:close() end return true`) == "true"
	})
}

func TestAKilledTaskClosesAConnectionThatIsBeingMade(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	closed := make(chan struct{}, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			untilClosed(conn) // and say nothing to TLS
			conn.Close()
			closed <- struct{}{}
		}
	}()
	s := openScript(t)
	runFor(t, s, 100*time.Millisecond, `http.get("https://`+l.Addr().String()+`")`)
	select {
	case <-closed:
	case <-time.After(3 * time.Second): // the time limits of connecting are longer
		t.Error("the connection is still open")
	}
}

func TestAKilledTaskEndsTheLookupOfAName(t *testing.T) {
	asked, ended := make(chan struct{}, 100), make(chan struct{}, 100)
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		asked <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return nil, ctx.Err()
	}}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: luastdtest.NetGrants("slow.example"), Resolver: resolver}})
	runFor(t, s, 100*time.Millisecond, `http.get("http://slow.example/")`)
	<-asked
	select {
	case <-ended:
	case <-time.After(2 * time.Second): // the time limit of a lookup is longer
		t.Error("the lookup goes on")
	}
}

// A call over HTTP/2 ends without the end of its connection, which other calls share.
func TestConnectionsOfHTTP2AreClosedWithTheirScript(t *testing.T) {
	var open atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(pieces))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Add(-1)
		}
	}
	server.StartTLS()
	defer server.Close()
	s := openScript(t)
	s.Run(`kept = assert(http.get("` + server.URL + `", {stream = true, query = {p = "a|hang"}, tls = {verify = false}}))`)
	if open.Load() != 1 {
		t.Fatalf("%d connections are open", open.Load())
	}
	s.Scripts.Close()
	luastdtest.WaitFor(t, "the connection is closed", func() bool { return open.Load() == 0 })
}

// A call that waits for its turn ends with its task, and gives no slot away.
func TestAKilledTaskLeavesTheQueue(t *testing.T) {
	url, _ := hanging(t)
	s := openScript(t)
	s.Run(`streams = {} for i = 1, 8 do streams[i] = assert(http.get("` + url + `", {stream = true})) end`)
	for range 5 {
		runFor(t, s, 50*time.Millisecond, `http.get("`+url+`", {stream = true})`)
	}
	got := s.Run(`for i = 1, 8 do streams[i]:close() end
		for i = 1, 8 do streams[i] = assert(http.get("` + url + `", {stream = true, timeout = 5})) end
		for i = 1, 8 do streams[i]:close() end return "ok"`)
	if got != "ok" {
		t.Errorf("got %s", got)
	}
}

func TestReloadsLeaveNothingOpen(t *testing.T) {
	reloads := 200
	if testing.Short() {
		reloads = 20
	}
	url := serve(t, pieces)
	source := strings.ReplaceAll(`
		jar = http.cookies()
		on_start(function()
			spawn(function() http.get("URL", {query = {p = "a|hang"}, timeout = 600}) end)
			spawn(function() for l in http.get("URL", {stream = true, query = {p = "a\n|hang"}}):lines() do end end)
			spawn(function() http.post("URL", function() sleep(1) return "x" end) end)
			spawn(function() http.download("URL", "x", {query = {p = "a|hang"}}) end)
			spawn(function() http.get("http://127.0.0.1:1", {retries = 5}) end)
			kept = http.get("URL", {stream = true, query = {p = "a|hang"}})
			http.get("URL", {query = {p = "a"}})
			started = true
		end)
		register_tool("started", function() for i = 1, 1000 do if started then return "ok" end sleep(0.005) end end)
		`, "URL", url)
	s := luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: openGrants()})
	path := s.Folder + "/test.lua"
	once := func() {
		if _, err := s.Scripts.Reload(path); err != nil {
			t.Fatal(err)
		}
		done := make(chan tool.Result, 1)
		s.Scripts.Call(&script.Call{Name: "started", Args: []byte("{}"), Reply: func(_ *script.Call, r tool.Result) { done <- r }})
		if r := <-done; r.IsError {
			t.Fatal(r.Text)
		}
	}
	for range 5 {
		once()
	}
	runtime.GC()
	time.Sleep(200 * time.Millisecond)
	openBefore, goroutinesBefore := luastdtest.Descriptors(t), runtime.NumGoroutine()
	for range reloads {
		once()
	}
	luastdtest.WaitFor(t, "everything is closed", func() bool {
		return luastdtest.Descriptors(t) <= openBefore+10 && runtime.NumGoroutine() <= goroutinesBefore+30
	})
	s.Scripts.Close()
	http.DefaultClient.CloseIdleConnections()
	luastdtest.WaitFor(t, "no goroutine of the module is left", func() bool {
		stacks := make([]byte, 1<<22)
		return !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "moonlark/luastd/http.")
	})
}

// A generation whose stream is in a global variable must not stay in memory after a reload.
func TestReloadsLeaveNoMemory(t *testing.T) {
	url := serve(t, pieces)
	s := luastdtest.Open(t, luastdtest.Options{Permissions: openGrants(), Source: fmt.Sprintf(`
		ballast = ("x"):rep(4e6)
		register_tool("go", function() kept = http.get("%s", {stream = true, query = {p = "a|hang"}}) return "ok" end)`, url)})
	path := s.Folder + "/test.lua"
	for range 20 {
		done := make(chan tool.Result, 1)
		s.Scripts.Call(&script.Call{Name: "go", Args: []byte("{}"), Reply: func(_ *script.Call, r tool.Result) { done <- r }})
		<-done
		if _, err := s.Scripts.Reload(path); err != nil {
			t.Fatal(err)
		}
	}
	luastdtest.WaitFor(t, "the memory is free", func() bool {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc < 40<<20 // 20 generations have 80 MB
	})
}
