package httpserve_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/testkit"
	"moonlark/luastd"
	"moonlark/luastd/luastdtest"
)

const countingScript = `
	state.copy = (state.copy or 0) + 1
	local copy = state.copy
	s = http.serve{port = 0}
	s:get("/quick", function() return "copy " .. copy end)
	s:get("/slow", function() sleep(0.3) return "copy " .. copy end)
	s:get("/short", function() sleep(0.01) return "copy " .. copy end)
	s:post("/echo", function(req) return req.body end)
`

// Requests that arrive all the time, over several reloads, are all answered with 200.
func TestAReloadLosesNoRequest(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	s, url := openServer(t, countingScript)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var sent, answered atomic.Int64
	copies := sync.Map{}
	for n, path := range []string{"/quick", "/quick", "/slow", "/slow", "/short", "/short", "/short", "/short", "/echo"} {
		wg.Go(func() {
			c := client(t)
			for {
				select {
				case <-stop:
					return
				default:
				}
				sent.Add(1)
				var r *http.Response
				var err error
				if path == "/echo" {
					r, err = c.Post(url+path, "text/plain", strings.NewReader("copy 0"))
				} else {
					r, err = c.Get(url + path)
				}
				if err != nil {
					t.Errorf("sender %d: %v", n, err)
					continue
				}
				body, err := io.ReadAll(r.Body)
				r.Body.Close()
				if r.StatusCode != 200 || err != nil || !strings.HasPrefix(string(body), "copy ") {
					t.Errorf("sender %d: %s got %d %s, %v", n, path, r.StatusCode, body, err)
					continue
				}
				copies.Store(string(body), true)
				answered.Add(1)
				time.Sleep(time.Millisecond)
			}
		})
	}
	const reloads = 20
	for range reloads {
		time.Sleep(100 * time.Millisecond)
		s.ReloadWith(countingScript)
	}
	time.Sleep(200 * time.Millisecond)
	close(stop)
	wg.Wait()
	if sent.Load() != answered.Load() || sent.Load() < 50 {
		t.Errorf("%d of %d requests were answered with 200", answered.Load(), sent.Load())
	}
	if got := urlOf(t, s); got != url {
		t.Errorf("the URL is %s after the reloads, want %s", got, url)
	}
	seen := 0
	for n := range reloads + 1 {
		if _, ok := copies.Load(fmt.Sprintf("copy %d", n+1)); ok {
			seen++
		}
	}
	if seen < reloads {
		t.Errorf("only %d of %d generations have answered", seen, reloads+1)
	}
	t.Logf("%d requests", sent.Load())
}

// A connection that is kept between two requests is not closed by a reload.
func TestAConnectionOutlivesAReload(t *testing.T) {
	s, url := openServer(t, countingScript)
	c := client(t)
	var local []string
	for range 3 {
		r, err := c.Get(url + "/quick")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		local = append(local, string(body))
		s.ReloadWith(countingScript)
	}
	if got := strings.Join(local, ", "); got != "copy 1, copy 2, copy 3" {
		t.Errorf("got %s", got)
	}
}

// A request that a function is working on is answered by that function, and not by the new one.
func TestARequestInProgressIsAnsweredAfterAReload(t *testing.T) {
	s, url := openServer(t, countingScript)
	got := make(chan string, 1)
	go func() { got <- send(t, url, sending{path: "/slow"}) }()
	time.Sleep(100 * time.Millisecond)
	s.ReloadWith(countingScript)
	if got := <-got; got != "200 text/plain; charset=utf-8 copy 1" {
		t.Errorf("got %s", got)
	}
}

func TestAServerThatTheScriptNoLongerHasIsClosed(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 2 s")
	}
	s, url := openServer(t, countingScript)
	send(t, url, sending{path: "/quick"})
	s.ReloadWith("s = nil")
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		r, err := client(t).Get(url + "/quick")
		if err != nil {
			break
		}
		r.Body.Close()
		if r.StatusCode != 503 || r.Header.Get("Retry-After") == "" {
			t.Errorf("got %d before the port is closed", r.StatusCode)
		}
		if time.Now().After(end) {
			t.Fatal("the port stays open")
		}
	}
}

func TestAServerWithOtherSettingsGetsTheSamePort(t *testing.T) {
	port := testkit.FreePort(t)
	source := func(options string) string {
		return fmt.Sprintf(`s = http.serve{port = %s, %s} s:get("/slow", function() sleep(0.3) return %q end)`, port, options, options)
	}
	s := luastdtest.Open(t, luastdtest.Options{Source: source("name = 'a'"), Permissions: listenGrants(port, "0.0.0.0:"+port)})
	url := urlOf(t, s)
	got := make(chan string, 1)
	go func() { got <- send(t, url, sending{path: "/slow"}) }()
	time.Sleep(100 * time.Millisecond)
	s.ReloadWith(source("host = '0.0.0.0'"))
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		// A connection that the system has made just before the port is closed is lost.
		if r, err := client(t).Get(url + "/slow"); err == nil {
			body, _ := io.ReadAll(r.Body)
			r.Body.Close()
			if string(body) == "host = '0.0.0.0'" {
				break
			}
		}
		if time.Now().After(end) {
			t.Fatal("the new server does not answer")
		}
	}
	if got := <-got; got != "200 text/plain; charset=utf-8 name = 'a'" {
		t.Errorf("the request in progress got %s", got)
	}
}

// A port that is in use when the script starts is opened as soon as it is free.
func TestAPortInUseIsTriedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s := luastdtest.Open(t, luastdtest.Options{
		Source:      `s = http.serve{port = ` + port + `} s:get("/", function() return "here" end)`,
		Permissions: listenGrants(port),
	})
	got := s.Run(`return http.serve{port = ` + port + `}`)
	if want := "nil, busy: another program, or another part of this one, accepts connections at port " + port + ", busy"; got != want {
		t.Errorf("in use: got %s, want %s", got, want)
	}
	logged(t, s, "ERROR: http.serve: busy: another program", "it is tried again")
	l.Close()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		r, err := client(t).Get("http://127.0.0.1:" + port)
		if err == nil {
			r.Body.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal("the port is not opened")
		}
	}
	logged(t, s, "INFO: http.serve: accepts connections at http://127.0.0.1:"+port)
}

// crasher is a module with a Lua function crash, which panics.
var crasher = luastd.Module{Name: "crasher", Globals: []string{"crash"}, Open: func(L *lua.LState, _ luastd.Runtime) lua.LValue {
	t := L.CreateTable(0, 1)
	t.RawSetString("crash", L.NewFunction(func(*lua.LState) int { var none []int; return none[0] }))
	return t
}}

// After a crash, requests wait for the script, whose server is still open.
func TestAServerOutlivesACrash(t *testing.T) {
	source := countingScript + `s:get("/crash", function() crash() end)`
	s := luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: listenGrants()}, crasher)
	url := urlOf(t, s)
	if got := send(t, url, sending{path: "/crash"}); !strings.HasPrefix(got, "50") {
		t.Errorf("the request that crashes got %s", got)
	}
	if got := send(t, url, sending{path: "/quick"}); got != "200 text/plain; charset=utf-8 copy 2" {
		t.Errorf("got %s\n%s", got, strings.Join(s.Output(), "\n"))
	}
}
