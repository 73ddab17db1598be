package completions_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/llm/completions"
	"moonlark/engine/provider"
)

// A fakeServer is an HTTP transport. It calls itself for each request with the number of the
// request, beginning with 1, and a function that sends a part of the reply after a pause.
type fakeServer struct {
	mu       sync.Mutex // guards requests, and is locked while reply runs
	requests int
	reply    func(n int, send func(pause time.Duration, data string)) (status int)
}

func (s *fakeServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
	}
	body, w := io.Pipe()
	type part struct {
		pause time.Duration
		data  string
	}
	var parts []part
	s.mu.Lock()
	s.requests++
	status := s.reply(s.requests, func(pause time.Duration, data string) { parts = append(parts, part{pause, data}) })
	s.mu.Unlock()
	if status == 0 {
		return nil, syscall.ECONNREFUSED
	}
	go func() {
		for _, p := range parts {
			select {
			case <-time.After(p.pause):
			case <-r.Context().Done():
				w.CloseWithError(r.Context().Err())
				return
			}
			io.WriteString(w, p.data)
		}
		w.Close()
	}()
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: body}, nil
}

const (
	word   = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
	role   = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
	finish = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	end    = "data: [DONE]\n\n"
)

func client(s *fakeServer) *completions.Client {
	return completions.New(provider.Endpoint{Server: "test", Base: "http://test/v1", Choice: "tiny", HTTP: &http.Client{Transport: s}})
}

func TestAServerMayLoadTheModelAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{reply: func(n int, send func(time.Duration, string)) int {
			send([]time.Duration{time.Second, 30 * time.Second, 30 * time.Second, 40 * time.Second}[n-1], word+finish+end)
			return 200
		}}
		c := client(s)
		ask(t, c, llm.Request{})
		if _, _, err := ask(t, c, llm.Request{}); err == nil || !strings.Contains(err.Error(), "does not answer") {
			t.Errorf("a request soon after a reply: got %v, want that the server does not answer", err)
		}
		if _, _, err := ask(t, c, llm.Request{}); err != nil {
			t.Errorf("the next request: %v", err)
		}
		time.Sleep(10 * time.Minute)
		if _, _, err := ask(t, c, llm.Request{}); err != nil {
			t.Errorf("a request after a long pause: %v", err)
		}
	})
}

func TestWhatKeepsAReplyAlive(t *testing.T) {
	for _, row := range []struct {
		name  string
		reply func(send func(time.Duration, string))
		took  time.Duration
	}{
		{"comments", func(send func(time.Duration, string)) {
			for range 5 {
				send(30*time.Second, ": PROCESSING\n\n")
			}
			send(30*time.Second, word+finish+end)
		}, 180 * time.Second},
		{"an empty chunk, long before the text", func(send func(time.Duration, string)) {
			send(time.Second, role)
			send(50*time.Second, word+finish+end)
		}, 51 * time.Second},
		{"a stream that is not closed", func(send func(time.Duration, string)) {
			send(time.Second, word+finish)
			send(time.Hour, "")
		}, 2 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &fakeServer{reply: func(_ int, send func(time.Duration, string)) int { row.reply(send); return 200 }}
			began := time.Now()
			_, said, err := ask(t, client(s), llm.Request{})
			if err != nil || said != "a" || time.Since(began) != row.took {
				t.Errorf("%s: said %q after %v, %v", row.name, said, time.Since(began), err)
			}
		})
	}
}

func TestAWaitForTheModelIsBounded(t *testing.T) {
	for _, row := range []struct {
		name     string
		status   int
		data     string
		requests func(n int) bool
	}{
		{"nothing listens", 0, "", func(n int) bool { return n > 10 }},
		{"it is loading", 503, `{"error":{"message":"Loading model"}}`, func(n int) bool { return n > 10 }},
		{"too many requests", 429, `{"error":"slow down"}`, func(n int) bool { return n == 3 }},
	} {
		for _, choice := range []string{"tiny", ""} { // without a model, the list of models is asked for first
			synctest.Test(t, func(t *testing.T) {
				s := &fakeServer{reply: func(_ int, send func(time.Duration, string)) int { send(0, row.data); return row.status }}
				c := client(s)
				c.Choice = choice
				began := time.Now()
				_, _, err := ask(t, c, llm.Request{WaitForModel: true})
				if err == nil || !row.requests(s.requests) || time.Since(began) > 4*time.Minute {
					t.Errorf("%s, model %q: %d requests in %v, %v", row.name, choice, s.requests, time.Since(began), err)
				}
			})
		}
	}
}

func TestTwoRequestsMayFindOutTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{reply: func(n int, send func(time.Duration, string)) int {
			if n <= 2 {
				send(time.Second, `{"error":{"message":"unknown field stream_options"}}`)
				return 400
			}
			send(0, word+finish+end)
			return 200
		}}
		c := client(s)
		errs := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := c.Stream(t.Context(), llm.Request{Messages: []llm.Message{{Role: llm.User, Text: "a"}}}, func(string) {})
				errs <- err
			}()
		}
		if err := errors.Join(<-errs, <-errs); err != nil {
			t.Error(err)
		}
	})
}
