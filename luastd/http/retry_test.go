package http_test

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A failing is a handler that fails as often as the query says, for each value of id.
type failing struct {
	mu    sync.Mutex
	count map[string]int
	times []time.Time
}

func (f *failing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f.mu.Lock()
	if f.count == nil {
		f.count = make(map[string]int)
	}
	f.count[q.Get("id")]++
	n := f.count[q.Get("id")]
	f.times = append(f.times, time.Now())
	f.mu.Unlock()
	if times, _ := strconv.Atoi(q.Get("times")); n <= times {
		if q.Get("status") == "0" {
			panic(http.ErrAbortHandler)
		}
		if after := q.Get("after"); after != "" {
			w.Header().Set("Retry-After", after)
		}
		status, _ := strconv.Atoi(q.Get("status"))
		w.WriteHeader(status)
		return
	}
	fmt.Fprint(w, "try ", n)
}

func TestRetries(t *testing.T) {
	f := new(failing)
	url := serve(t, f.ServeHTTP)
	s := openScript(t)
	s.Run(`id = 0 function try(method, query, options)
		id = id + 1
		query.id, options.query = id, query
		local r, reason, code = http.request(method, "` + url + `", options)
		return r and (r.body ~= "" and r.body or r.status) or code
	end`)
	check(t, s, url, []row{
		{"none by default", `return try("GET", {status = 503, times = 1}, {})`, "503"},
		{"503", `return try("GET", {status = 503, times = 1}, {retries = 1})`, "try 2"},
		{"429 that says when", `return try("PUT", {status = 429, times = 1, after = "0"}, {retries = 1, body = "x"})`, "try 2"},
		{"too often", `return try("GET", {status = 502, times = 3, after = 0}, {retries = 2})`, "502"},
		{"another status", `return try("GET", {status = 500, times = 1}, {retries = 1})`, "500"},
		{"post", `return try("POST", {status = 503, times = 1, after = 0}, {retries = 1})`, "503"},
		{"post, if the script says so", `return try("POST", {status = 503, times = 1, after = 0}, {retries = 1, retry_all = true, json = 1})`, "try 2"},
		{"a body that cannot be repeated", `return try("PUT", {status = 503, times = 1, after = 0}, {retries = 1, body = function() end})`, "503"},
		{"a server that asks for too long", `return try("GET", {status = 503, times = 1, after = 61}, {retries = 1, timeout = 600})`, "503"},
		{"a wait that ends after the timeout", `return try("GET", {status = 503, times = 1, after = 5}, {retries = 1, timeout = 1})`, "503"},
		{"a connection that is closed", `return try("DELETE", {status = 0, times = 1}, {retries = 1})`, "try 2"},
		{"streams that are tried again keep no slots", `for i = 1, 10 do http.get("URL", {stream = true, timeout = 2, retries = 1, query = {id = "s" .. i, status = 503, times = 1, after = 0}}):close() end return "ok"`, "ok"},
		{"a stream", `local r = http.get("URL", {stream = true, retries = 1, query = {id = "s", status = 503, times = 1, after = 0}}) return r:read()`, "try 2"},
	})
}

// The bodies of the answers before the last one do not count.
func TestRetriesHoldOneBody(t *testing.T) {
	if testing.Short() {
		t.Skip("receives 75 MB")
	}
	body, n := make([]byte, 15<<20), 0
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n > 5 {
			return
		}
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(503)
		w.Write(body)
	})
	got := openScript(t).Run(`local r, reason = http.get("` + url + `", {retries = 5, max_bytes = 16 * 1024 * 1024}) return r and r.status or reason`)
	if got != "200" {
		t.Errorf("got %s", got)
	}
}

func TestAServerThatIsNotThereYetIsTriedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	server := http.Server{Handler: http.HandlerFunc(show)}
	timer := time.AfterFunc(300*time.Millisecond, func() {
		if l, err := net.Listen("tcp", address); err == nil {
			server.Serve(l)
		}
	})
	defer timer.Stop()
	defer server.Close()
	s := openScript(t)
	if got := s.Run(`return http.get("http://` + address + `/a")`); got != "nil, refused: nothing accepts connections at "+address+", refused" {
		t.Errorf("got %s", got)
	}
	if got := s.Run(`return http.get("http://` + address + `/a", {retries = 5}).body`); got != "GET /a " {
		t.Errorf("got %s", got)
	}
}
