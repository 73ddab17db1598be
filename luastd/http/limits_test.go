package http_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A busy counts the requests that a server is serving at the same time.
type busy struct{ now, max atomic.Int64 }

func (b *busy) serve(w http.ResponseWriter, _ *http.Request) {
	n := b.now.Add(1)
	defer b.now.Add(-1)
	for {
		if max := b.max.Load(); n <= max || b.max.CompareAndSwap(max, n) {
			break
		}
	}
	for i := 0; i < 200 && b.max.Load() < 4; i++ { // other calls may be slow to come
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	io.WriteString(w, "x")
}

func TestCallsInFlightAreLimited(t *testing.T) {
	all := new(busy)
	var urls []string
	var hosts [10]busy
	for i := range hosts {
		urls = append(urls, serve(t, func(w http.ResponseWriter, r *http.Request) {
			all.now.Add(1)
			defer all.now.Add(-1)
			if n := all.now.Load(); n > all.max.Load() {
				all.max.Store(n)
			}
			hosts[i].serve(w, r)
		}))
	}
	s := openScript(t)
	got := s.Run(`local done = 0
		for i = 1, 20 do for url in ("` + strings.Join(urls, " ") + `"):gmatch("%S+") do
			spawn(function() assert(http.get(url).body == "x") done = done + 1 end)
		end end
		for i = 1, 3000 do if done == 200 then break end sleep(0.01) end
		return done`)
	if got != "200" {
		t.Errorf("%s calls were finished", got)
	}
	for i := range hosts {
		if max := hosts[i].max.Load(); max > 8 || max < 4 {
			t.Errorf("host %d had %d calls at the same time", i, max)
		}
	}
	if max := all.max.Load(); max > 64 || max < 30 {
		t.Errorf("%d calls were in flight", max)
	}
}

func TestACallWaitsForItsTurnWithinItsTimeout(t *testing.T) {
	url, serving := hanging(t)
	s := openScript(t)
	check(t, s, url, []row{
		{"streams count", `streams = {} for i = 1, 8 do streams[i] = assert(http.get("URL", {stream = true})) end return http.get("URL", {timeout = 0.05})`,
			"nil, timeout: the call had to wait for others, so there was no answer from HOST in 0.05 s, timeout"},
		{"a closed stream makes room", `streams[1]:close() return http.get("URL", {stream = true}).status`, "200"},
	})
	if n := serving.Load(); n != 8 {
		t.Errorf("%d calls are in flight, want 8", n)
	}
	s.Run(`for i = 1, 8 do streams[i]:close() end`)
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) })
	s := openScript(t)
	got := s.Run(`local seen, n = {}, 0
		for i = 1, 50 do local a = http.get("` + url + `").body if not seen[a] then seen[a] = true n = n + 1 end end return n`)
	if got != "1" {
		t.Errorf("50 calls used %s connections", got)
	}
}

// A server may close a connection at any time, also when the next request is on its way.
func TestACallOnAClosedConnectionIsRepeated(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		show(w, r)
		w.(http.Flusher).Flush()
		conn, _, _ := w.(http.Hijacker).Hijack()
		if conn != nil {
			conn.Close()
		}
	})
	s := openScript(t)
	for range 20 {
		if got := s.Run(`local r, reason = http.get("` + url + `/a") return r and r.status or reason`); got != "200" && !strings.HasPrefix(got, "closed: ") {
			t.Errorf("got %s", got)
		}
	}
}
