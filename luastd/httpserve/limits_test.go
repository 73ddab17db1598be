package httpserve_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// statuses sends n requests at the same time, and returns how many answers have each status.
func statuses(t *testing.T, url string, n int) map[int]int {
	c := client(t)
	var mu sync.Mutex
	counts := map[int]int{}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			r, err := c.Get(url)
			if err != nil {
				t.Error(err)
				return
			}
			r.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			counts[r.StatusCode]++
			if r.StatusCode == 503 && r.Header.Get("Retry-After") == "" {
				t.Error("an answer with 503 has no Retry-After")
			}
		})
	}
	wg.Wait()
	return counts
}

func TestTheNumberOfRequestsAtOnceIsLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 6 s")
	}
	_, url := openServer(t, `s = http.serve{port = 0} s:get("/", function() sleep(3) return "" end)`)
	if got := fmt.Sprint(statuses(t, url, 70)); got != "map[200:64 503:6]" {
		t.Errorf("got %s, want 64 answers with 200 and 6 with 503", got)
	}
	if got := fmt.Sprint(statuses(t, url, 1)); got != "map[200:1]" {
		t.Errorf("afterwards: got %s", got)
	}
}

func TestTheNumberOfRequestsThatWaitIsLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 4 s")
	}
	s, url := openServer(t, `s = http.serve{port = 0} s:get("/", function() return "" end)`)
	done := make(chan string, 1)
	go func() { done <- s.Run(`local t = os.time() + 4 while os.time() < t do end return "done"`) }()
	time.Sleep(200 * time.Millisecond)
	got := statuses(t, url, 330)
	if n := got[503]; n < 74 || got[200] < 64 {
		t.Errorf("got %v, want at least 74 answers with 503, because 256 requests may wait", got)
	}
	if got := <-done; got != "done" {
		t.Error(got)
	}
}

func TestAFunctionThatTakesTooLongIsEnded(t *testing.T) {
	s, url := openServer(t, `s = http.serve{port = 0, timeout = 0.3}
		s:get("/wait", function() sleep(60) end)
		s:get("/loop", function() while true do end end)`)
	for _, path := range []string{"/wait", "/loop"} {
		if got := send(t, url, sending{path: path}); got != "504 text/plain; charset=utf-8 504 Gateway Timeout: the script took too long" {
			t.Errorf("%s: got %s", path, got)
		}
	}
	logged(t, s, "http.serve: GET /wait: stopped: ", ":2: took longer than 300ms", "http.serve: GET /loop: stopped: ", ":3: took longer than 300ms")
}

func TestABodyThatDoesNotComeEndsTheRequest(t *testing.T) {
	_, url := openServer(t, `s = http.serve{port = 0, timeout = 0.3} s:post("/", function() return "" end)`)
	answer := sendRaw(t, url, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")
	if !strings.HasPrefix(answer, "HTTP/1.1 408 ") {
		t.Errorf("got %s", answer)
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	s, url := openServer(t, `s = http.serve{port = 0, max_body = 10} s:any("/", function(req) return req.body end)`)
	for sent, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 40<<10) + "\r\n\r\n":                   "HTTP/1.1 431 ",
		"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n":                                      "HTTP/1.1 413 ",
		"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n": "HTTP/1.1 413 ",
		"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n":                        "HTTP/1.1 400 ",
		"GET / HTTP/1.1\r\n\r\n": "HTTP/1.1 400 ",
		"hello\r\n\r\n":          "HTTP/1.1 400 ",
	} {
		if got := sendRaw(t, url, sent); !strings.HasPrefix(got, want) {
			t.Errorf("%.60q: got %.100s, want %s", sent, got, want)
		}
	}
	if got := send(t, url, sending{method: "POST", path: "/", body: "0123456789"}); got != "200 text/plain; charset=utf-8 0123456789" {
		t.Errorf("got %s, %s", got, s.Output())
	}
}

// A client that sends its header slowly does not keep a connection.
func TestASlowHeaderEndsTheConnection(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 5 s")
	}
	_, url := openServer(t, `s = http.serve{port = 0}`)
	began := time.Now()
	sendRaw(t, url, "GET / HTTP/1.1\r\nHost: local")
	if took := time.Since(began); took < 4*time.Second || took > 20*time.Second {
		t.Errorf("the connection was closed after %v, want 5 s", took)
	}
}

func TestTheNumberOfConnectionsIsLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("it opens more than a thousand connections")
	}
	_, url := openServer(t, `s = http.serve{port = 0} s:get("/", function() return "" end)`)
	address := strings.TrimPrefix(url, "http://")
	ask := func(conn net.Conn) error {
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		conn.SetReadDeadline(time.Now().Add(time.Second))
		_, err := conn.Read(make([]byte, 20))
		return err
	}
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			conn.Close()
		}
	}()
	for range 1024 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Skip(err)
		}
		open = append(open, conn)
		if err := ask(conn); err != nil {
			t.Fatalf("connection %d: %v", len(open), err)
		}
	}
	more, err := net.Dial("tcp", address) // the system accepts it, the server does not
	if err != nil {
		t.Skip(err)
	}
	defer more.Close()
	if err := ask(more); err == nil {
		t.Error("one more connection is served")
	}
	for _, conn := range open {
		conn.Close()
	}
	open = nil
	if err := ask(more); err != nil {
		t.Errorf("after the others were closed: %v", err)
	}
}

// A client that goes away does not end the function of its request.
func TestAFunctionGoesOnWithoutItsClient(t *testing.T) {
	s, url := openServer(t, `s = http.serve{port = 0} s:get("/", function() sleep(0.3) print("finished") end)`)
	c := &http.Client{Timeout: 100 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	if _, err := c.Get(url); err == nil {
		t.Error("there is an answer")
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if strings.Contains(strings.Join(s.Output(), "\n"), "finished") {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the function did not go on")
		}
	}
}
