package httpserve_test

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/luastd/luastdtest"
)

// 200 reloads with everything open leave as much behind as one.
func TestReloadsLeaveNothingBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("200 reloads take a few seconds")
	}
	const source = `
		state.n = (state.n or 0) + 1
		s = http.serve{port = 0}
		feed = s:events("/events")
		s:get("/", function() return "x" end)
		other = http.serve{port = 0, name = "n" .. state.n % 2}
		local closed = http.serve{port = 0, name = "closed"}
		closed:close()
		on_start(function() http.serve{port = 0, name = "late"} end)
	`
	s, url := openServer(t, source)
	l := listenTo(t, url+"/events")
	c := client(t)
	measure := func() (goroutines, open int) {
		r, err := c.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
		return runtime.NumGoroutine(), luastdtest.Descriptors(t)
	}
	for range 4 {
		s.ReloadWith(source)
	}
	time.Sleep(2500 * time.Millisecond) // what is not claimed is closed
	goroutines, open := measure()
	for range 200 {
		s.ReloadWith(source)
	}
	var nowGoroutines, nowOpen int
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if nowGoroutines, nowOpen = measure(); nowGoroutines <= goroutines+2 && nowOpen <= open+2 {
			break
		}
	}
	if nowGoroutines > goroutines+2 || nowOpen > open+2 {
		t.Errorf("%d goroutines and %d descriptors, before %d and %d", nowGoroutines, nowOpen, goroutines, open)
	}
	s.Run(`feed:send("still here")`)
	if got := l.next(t, 1); got != "data: still here" {
		t.Errorf("got %s", got)
	}
}

// A request that comes while the script waits to start again, after crashes, waits too.
func TestRequestsWaitForAScriptThatHasCrashed(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 3 s")
	}
	source := countingScript + `s:get("/crash", function() crash() end)`
	s := luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: listenGrants()}, crasher)
	url := urlOf(t, s)
	send(t, url, sending{path: "/crash"})
	send(t, url, sending{path: "/crash"}) // the script starts again after a second
	if got := send(t, url, sending{method: "POST", path: "/echo", body: "a body is sent once"}); got != "200 text/plain; charset=utf-8 a body is sent once" {
		t.Errorf("got %s", got)
	}
	send(t, url, sending{path: "/crash"})
	send(t, url, sending{path: "/crash"}) // after 4 s, or 2 s if the one before came too early
	began := time.Now()
	got := send(t, url, sending{path: "/quick"})
	if took := time.Since(began); strings.HasPrefix(got, "503 ") && (took < 1900*time.Millisecond || !strings.Contains(got, "the script does not run at the moment")) {
		t.Errorf("after %v: got %s", took, got)
	} else if !strings.HasPrefix(got, "503 ") && !strings.HasPrefix(got, "200 ") {
		t.Errorf("got %s", got)
	}
}

// The bodies of all requests of a script together are limited, whatever max_body is.
func TestTheBodiesOfAllRequestsAreLimited(t *testing.T) {
	s, url := openServer(t, `
		s = http.serve{port = 0, max_body = 64 * 1048576}
		other = http.serve{port = 0, max_body = 64 * 1048576, name = "other"}
		count, released = 0, false
		for _, server in ipairs{s, other} do
			server:post("/", function(req)
				count = count + 1
				while not released do sleep(0.01) end
				return tostring(#req.body)
			end)
		end
	`)
	other := s.Run("return other.url")
	c := client(t)
	post := func(url string) string {
		r, err := c.Post(url, "text/plain", strings.NewReader(strings.Repeat("x", 20<<20)))
		if err != nil {
			return err.Error()
		}
		defer r.Body.Close()
		return fmt.Sprint(r.StatusCode)
	}
	results := make(chan string, 3)
	for n, url := range []string{url, url, other} {
		go func() { results <- post(url) }()
		luastdtest.WaitFor(t, "a request reaches the script", func() bool { return s.Run("return count") == fmt.Sprint(n+1) })
	}
	if got := post(other); got == "200" { // it gets 503, or finds the connection closed while it sends
		t.Errorf("the fourth body: got %s", got)
	}
	s.Run("released = true")
	for range 3 {
		if got := <-results; got != "200" {
			t.Errorf("got %s, want 200", got)
		}
	}
	if got := post(url); got != "200" {
		t.Errorf("afterwards: got %s, want 200", got)
	}
}

// The answers that clients have not received are limited too.
func TestTheAnswersToAllRequestsAreLimited(t *testing.T) {
	s, url := openServer(t, `
		text = ("x"):rep(20 * 1048576)
		s = http.serve{port = 0}
		s:get("/", function() return text end)
	`)
	var slow []net.Conn
	for range 3 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if _, err := conn.Read(make([]byte, 1)); err != nil { // the answer is being sent
			t.Fatal(err)
		}
		slow = append(slow, conn)
	}
	want := "503 text/plain; charset=utf-8 503 Service Unavailable: the script keeps too much in memory"
	if got := send(t, url, sending{path: "/"}); got != want {
		t.Errorf("the fourth answer: got %.200s", got)
	}
	logged(t, s, "http.serve: GET /: more than 67108864 bytes are kept for the script")
	for _, conn := range slow {
		conn.Close()
	}
	luastdtest.WaitFor(t, "the answers are not kept any more", func() bool { return len(send(t, url, sending{path: "/"})) > 20<<20 })
}
