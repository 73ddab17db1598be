package choice_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/llm/choice"
	"moonlark/engine/llm/llmtest"
)

// pieces are parts of streams: text that begins a reply, and a call that ends in its arguments.
var pieces = map[string]struct{ text, call, failed string }{
	choice.Completions: {
		text:   `{"choices":[{"delta":{"content":"Hel"}}]}`,
		call:   `{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"{\"n\":"}}]}}]}`,
		failed: `{"error":{"message":"The provider has failed","code":502}}`,
	},
	choice.Responses: {
		text:   `{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hel"}`,
		call:   `{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":0,"delta":"{\"n\":"}`,
		failed: `{"type":"response.failed","response":{"error":{"code":"invalid_prompt","message":"The provider has failed"}}}`,
	},
	choice.Messages: {
		text:   `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}`,
		call:   `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"x","input":{}}}`,
		failed: `{"type":"error","error":{"type":"invalid_request_error","message":"The provider has failed"}}`,
	},
}

// abort sends the data of an event, and closes the connection.
func abort(data string) llmtest.Reply {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: %s\n\n", data)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// forEach runs a test for the server of each API.
func forEach(t *testing.T, test func(t *testing.T, api *llmtest.API)) {
	for _, api := range llmtest.APIs {
		t.Run(api.Name, func(t *testing.T) {
			t.Parallel()
			test(t, api)
		})
	}
}

func TestABrokenServerIsExplained(t *testing.T) {
	endless := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 5 << 10 {
			if _, err := w.Write([]byte("data: " + strings.Repeat("x", 1018))); err != nil {
				return
			}
		}
	}
	page := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>Login</html>")
	}
	forEach(t, func(t *testing.T, api *llmtest.API) {
		piece := pieces[api.Name]
		for _, row := range []struct {
			name     string
			reply    llmtest.Reply
			requests int
			said     string
			want     string // part of the error
		}{
			{"a web page", llmtest.Error(502, `<html><body>Bad Gateway</body></html>`), 3, "", "HTTP 502: Bad Gateway"},
			{"a web page with status 200", page, 1, "", "a web page: is this the URL of its API?"},
			{"a long pause", llmtest.Error(429, `{"error":{"message":"slow down"}}`, "Retry-After", "60"), 1, "", "HTTP 429: slow down"},
			{"an error in the stream", api.Events(piece.failed), 1, "", "The provider has failed"},
			{"an error after text", api.Events(piece.text, piece.failed), 1, "Hel", "The provider has failed"},
			{"an event that is no JSON", api.Events(piece.call[:20]), 1, "", "something that is not a reply"},
			{"a line without end", endless, 1, "", "a line of the reply is longer than 4 MiB"},
			{"cut in the middle of the arguments", api.Events(piece.call), 3, "", "ended in the middle of a tool call"},
			{"aborted in the middle of the arguments", abort(piece.call), 3, "", "EOF"},
			{"aborted after text", abort(piece.text), 1, "Hel", "EOF"},
		} {
			if testing.Short() && row.requests > 1 { // TestAPassingFailureIsRetried is quicker
				continue
			}
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				s := api.Serve(t, row.reply, row.reply, row.reply)
				said := ""
				_, err := newModel(api, s).Stream(t.Context(), hello, func(text string) { said += text })
				if _, ok := errors.AsType[*llm.Error](err); !ok || !strings.Contains(err.Error(), row.want) || said != row.said {
					t.Errorf("said %q, %v, want %s", said, err, row.want)
				}
				if got := len(s.Requests()); got != row.requests {
					t.Errorf("%d requests, want %d", got, row.requests)
				}
			})
		}
	})
}

func TestAPassingFailureIsRetried(t *testing.T) {
	forEach(t, func(t *testing.T, api *llmtest.API) {
		s := api.Serve(t, llmtest.Error(429, ``, "Retry-After-Ms", "10"), llmtest.Error(529, `{"error":{"type":"overloaded_error","message":"Overloaded"}}`), api.Text("Fine."))
		said := ""
		reply, err := newModel(api, s).Stream(t.Context(), hello, func(text string) { said += text })
		if err != nil || said != "Fine." || reply.Usage.Attempts != 3 {
			t.Errorf("said %q after %d attempts, %v", said, reply.Usage.Attempts, err)
		}
	})
}

func TestAnEmptyReplyIsAskedForOnceMoreWithoutAStream(t *testing.T) {
	forEach(t, func(t *testing.T, api *llmtest.API) {
		s := api.Serve(t, api.Text(), api.Text())
		reply, err := newModel(api, s).Stream(t.Context(), hello, func(string) {})
		requests := s.Requests()
		if err != nil || reply.Text != "" || len(requests) != 2 || string(requests[1].Fields["stream"]) != "false" {
			t.Errorf("got %+v in %d requests, %v", reply, len(requests), err)
		}
	})
}

func TestALineMayBeLong(t *testing.T) {
	forEach(t, func(t *testing.T, api *llmtest.API) {
		arguments := `{"text":"` + strings.Repeat("a", 1<<20) + `"}`
		s := api.Serve(t, api.Tool("x "+arguments), api.Text("Done."))
		model := newModel(api, s)
		reply, err := model.Stream(t.Context(), hello, func(string) {})
		if err != nil || len(reply.Calls) != 1 || string(reply.Calls[0].Arguments) != arguments {
			t.Fatalf("%d calls, %v", len(reply.Calls), err)
		}
		if _, err := model.Stream(t.Context(), after(hello, reply), func(string) {}); err != nil {
			t.Error(err)
		}
	})
}

func TestTheEndOfTheContextClosesTheConnection(t *testing.T) {
	forEach(t, func(t *testing.T, api *llmtest.API) {
		closed, begun := make(chan time.Time, 1), make(chan struct{})
		s := api.Serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, "data: %s\n\n", pieces[api.Name].text)
			w.(http.Flusher).Flush()
			close(begun)
			<-r.Context().Done()
			closed <- time.Now()
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := newModel(api, s).Stream(ctx, hello, func(string) {})
			done <- err
		}()
		<-begun
		cancelled := time.Now()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		t.Logf("the connection was closed after %v", (<-closed).Sub(cancelled))
	})
}

// A slowServer is an HTTP transport whose server sends some data, and then a byte in each pause. A
// pause of 0 means nothing more. ended gets the time at which the client closes the connection.
type slowServer struct {
	data  string
	pause time.Duration
	ended chan time.Time
}

func (s slowServer) RoundTrip(r *http.Request) (*http.Response, error) {
	io.Copy(io.Discard, r.Body)
	body, w := io.Pipe()
	go func() {
		io.WriteString(w, s.data)
		for s.pause > 0 && r.Context().Err() == nil {
			select {
			case <-time.After(s.pause):
				io.WriteString(w, "d")
			case <-r.Context().Done():
			}
		}
		<-r.Context().Done()
		s.ended <- time.Now()
		w.CloseWithError(r.Context().Err())
	}()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: body}, nil
}

func TestAServerThatStallsOrIsSlowIsGivenUp(t *testing.T) {
	forEach(t, func(t *testing.T, api *llmtest.API) {
		for _, row := range []struct {
			name  string
			text  bool // there is text first
			pause time.Duration
			want  string
			after time.Duration
		}{
			{"before the reply", false, 0, "the server does not answer", time.Minute},
			{"in the reply", true, 0, "stopped in the middle of its reply", 15 * time.Second},
			{"a byte each second", false, time.Second, "the server does not answer", time.Minute},
			{"a byte each second after text", true, time.Second, "stopped in the middle of its reply", 15 * time.Second},
		} {
			synctest.Test(t, func(t *testing.T) {
				s := slowServer{pause: row.pause, ended: make(chan time.Time, 1)}
				if row.text {
					s.data = "data: " + pieces[api.Name].text + "\n\n"
				}
				model := withTransport(api, s)
				began := time.Now()
				_, err := model.Stream(t.Context(), hello, func(string) {})
				if err == nil || !strings.Contains(err.Error(), row.want) || time.Since(began) != row.after || (<-s.ended).Sub(began) != row.after {
					t.Errorf("%s: got %v after %v", row.name, err, time.Since(began))
				}
			})
		}
	})
}

// By a clock that stands still: at the end of the context, the connection is closed at once.
func TestACancelledRequestTakesNoTime(t *testing.T) {
	forEach(t, func(t *testing.T, api *llmtest.API) {
		synctest.Test(t, func(t *testing.T) {
			s := slowServer{data: "data: " + pieces[api.Name].text + "\n\n", ended: make(chan time.Time, 1)}
			model := withTransport(api, s)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				_, err := model.Stream(ctx, hello, func(string) {})
				done <- err
			}()
			synctest.Wait()
			began := time.Now()
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) || (<-s.ended).Sub(began) > 50*time.Millisecond {
				t.Errorf("got %v after %v", err, time.Since(began))
			}
		})
	})
}
