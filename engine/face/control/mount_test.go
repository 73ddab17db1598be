package control

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// A streamer is a handler whose responses last until the client goes away or the server ends.
type streamer struct {
	started, ended atomic.Int32
	cause          atomic.Value // the last error of a write
	large          bool         // whether it writes without a pause
}

func (s *streamer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	s.started.Add(1)
	defer s.ended.Add(1)
	io.WriteString(w, "hello\n")
	flush := http.NewResponseController(w).Flush
	flush()
	chunk := make([]byte, 64<<10)
	for s.large {
		if _, err := w.Write(chunk); err != nil {
			s.cause.Store(err)
			return
		}
	}
	<-r.Context().Done()
}

// openStreams opens n streams of the path and returns when all have begun. The streams end with the
// context, or when the test ends.
func (h *fixture) openStreams(ctx context.Context, path string, n int) {
	h.t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	h.t.Cleanup(client.CloseIdleConnections)
	for range n {
		r, err := http.NewRequestWithContext(ctx, "POST", h.URL()+path, strings.NewReader("{}"))
		if err != nil {
			h.t.Fatal(err)
		}
		answer, err := client.Do(r)
		if err != nil {
			h.t.Fatal(err)
		}
		h.t.Cleanup(func() { answer.Body.Close() })
		if line, err := bufio.NewReader(answer.Body).ReadString('\n'); answer.StatusCode != 200 || err != nil {
			h.t.Fatalf("got %d %q %v", answer.StatusCode, line, err)
		}
	}
}

// The open requests of a mount are limited. They use up neither the connections of other paths nor
// those of another mount. A request that has ended makes room for another one.
func TestStreamsOfAMountLeaveRoomForOtherRequests(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0"})
	s := new(streamer)
	c.Mount(Mount{Path: "/stream", Handler: s, MaxOpen: 100, Streams: true})
	c.Mount(Mount{Path: "/other", Handler: echo})
	h := open(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h.openStreams(ctx, "/stream", 100)
	h.want("GET", "/stream", "", 503, "too many requests for /stream are open")
	h.want("GET", "/healthz", "", 200, "true")
	h.want("GET", "/other", "", 200, "/other")
	h.want("GET", "/metrics", "", 200, `moonlark_http_open_requests{path="/stream"} 100`+"\n")
	cancel()
	testkit.Until(t, "the end of the streams", func() bool { return s.ended.Load() == 100 })
	h.openStreams(t.Context(), "/stream", 1)
}

func TestCloseEndsStreams(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0"})
	s := new(streamer)
	c.Mount(Mount{Path: "/stream", Handler: s, Streams: true})
	h := open(t, c)
	h.openStreams(t.Context(), "/stream", 8)
	c.Close()
	testkit.Until(t, "the end of the streams", func() bool { return s.ended.Load() == 8 })
}

// A stream lasts longer than the server's timeouts, and notices after them that the client has gone
// away.
func TestStreamOutlivesTheTimeoutsOfOtherRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: waits longer than a timeout of 15 seconds")
	}
	for _, method := range []string{"GET", "POST"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			second, ended := make(chan struct{}), make(chan struct{})
			c := New(Options{Addr: "127.0.0.1:0"})
			c.Mount(Mount{Path: "/stream", Streams: true, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ended)
				io.Copy(io.Discard, r.Body)
				flush := http.NewResponseController(w).Flush
				flush()
				select {
				case <-second:
				case <-r.Context().Done():
					t.Error("a timeout has cancelled the request")
				}
				io.WriteString(w, "second\n")
				flush()
				<-r.Context().Done()
			})})
			h := open(t, c)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, method, h.URL()+"/stream", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := h.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			time.Sleep(writeTimeout + time.Second)
			close(second)
			if line, err := bufio.NewReader(answer.Body).ReadString('\n'); line != "second\n" {
				t.Errorf("got %q %v", line, err)
			}
			cancel()
			<-ended
		})
	}
}

// A client that does not read ends its own stream after writeTimeout.
func TestClientThatDoesNotReadLosesItsStream(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: waits for a timeout of 15 seconds")
	}
	t.Parallel()
	c := New(Options{Addr: "127.0.0.1:0"})
	s := &streamer{large: true}
	c.Mount(Mount{Path: "/stream", Handler: s, Streams: true})
	h := open(t, c)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
	testkit.Until(t, "the end of the stream", func() bool { return s.ended.Load() == 1 })
	if err, _ := s.cause.Load().(error); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestBodiesForAMountAreLimited(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0"})
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var tooLarge *http.MaxBytesError
		if _, err := io.ReadAll(r.Body); errors.As(err, &tooLarge) {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})
	c.Mount(Mount{Path: "/small", Handler: read})
	c.Mount(Mount{Path: "/large", Handler: read, MaxBody: 2 * maxBody, Streams: true})
	h := open(t, c)
	body := strings.Repeat("x", maxBody+1)
	h.want("POST", "/small", body, 413, "")
	h.want("POST", "/small", body[1:], 200, "")
	h.want("POST", "/large", body, 200, "")
	h.want("POST", "/large", body+body, 413, "")
}

func TestMountWithAPathInUsePanics(t *testing.T) {
	c := New(Options{})
	c.Mount(Mount{Path: "/page/", Handler: echo})
	for _, m := range []Mount{{Path: "/page/"}, {Path: "/healthz"}, {Path: "page"}, {Path: ""}, {Path: "/a/", PathToken: true}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("no panic for %q", m.Path)
				}
			}()
			c.Mount(m)
		}()
	}
}

func TestLongestPathTakesPrecedence(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0"})
	var mu sync.Mutex
	served := ""
	for _, path := range []string{"/", "/a/", "/a/b/", "/a/b/c"} {
		c.Mount(Mount{Path: path, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			served = path
		})})
	}
	h := open(t, c)
	for path, want := range map[string]string{"/": "/", "/a": "/", "/a/": "/a/", "/a/x": "/a/", "/a/b/x": "/a/b/", "/a/b/c": "/a/b/c", "/a/b/c/": "/a/b/", "/healthz": ""} {
		mu.Lock()
		served = ""
		mu.Unlock()
		h.request("GET", path, "")
		mu.Lock()
		if served != want {
			t.Errorf("%s: got the handler of %q, want %q", path, served, want)
		}
		mu.Unlock()
	}
}

// A server without an agent has no routes but the login, and its mounts pass the same checks.
func TestAServerWithoutAnAgentServesOnlyMounts(t *testing.T) {
	notified := make(chan string, 10)
	c := New(Options{Addr: "127.0.0.1:0", Token: "secret", Notify: func(state string) error { notified <- state; return nil }})
	c.Mount(Mount{Path: "/page", Public: true, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "a page") })})
	c.Mount(Mount{Path: "/data", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "data") })})
	if err := c.OpenPages(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := &fixture{t: t, Control: c}
	t.Cleanup(func() { h.client.CloseIdleConnections(); c.Close() })
	h.want("GET", "/page", "", 200, "a page")
	h.want("GET", "/data", "", 401, "the token is missing or wrong")
	h.want("POST", "/login", `{"token":"secret"}`, 202, "ok")
	for _, r := range [][2]string{{"GET", "/healthz"}, {"POST", "/start"}, {"GET", "/log"}} {
		status, text := h.request(r[0], r[1], "{}", "Authorization", "Bearer secret")
		if status != 404 || !strings.Contains(text, "there are /data, /login, /page") {
			t.Errorf("%s gets %d %s", r[1], status, text)
		}
	}
	c.Close()
	if len(notified) > 0 {
		t.Errorf("systemd got %q", <-notified)
	}
}
