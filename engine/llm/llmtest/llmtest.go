// Package llmtest contains servers with the APIs of language models for tests. They stand in for a
// language model: each test says what the model replies. They refuse what a strict server refuses.
package llmtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// An API is one of the APIs of language models.
type API struct {
	Name string // as --llm-api has it
	// Check returns an error if a strict server would refuse the body.
	Check func(Body) error
	// Events replies with a stream of these events.
	Events func(events ...string) Reply
	// Text replies with a text, in pieces.
	Text func(pieces ...string) Reply
	// Tool replies with tool calls. Each is a name and arguments, such as `light {"on":true}`.
	Tool func(calls ...string) Reply
	// Streams are forms of streams, one for each way in which servers write a reply.
	Streams []Stream

	path    string // below /v1
	results func(Body) []string
}

// A Stream is one form in which a server may stream a reply. Want is what the client must read: the
// text, and each call as ID=NAME{arguments}. In Want, ! stands before the problem of the arguments,
// and + stands before a field that later requests must send back to the server.
type Stream struct {
	Name   string
	Chunks []string // the data of the events
	Want   string
}

// APIs are all APIs.
var APIs = []*API{Completions, Responses, Messages}

// A Server answers the requests of a client in the order in which they arrive. It is also an HTTP
// transport, for tests that cannot use a network.
type Server struct {
	URL    string   // the base URL, with /v1
	Models []string // what GET /models lists
	// Refuse is called when the server refuses a request. Nil means that the test fails.
	Refuse func(error)

	t       testing.TB
	api     *API
	mu      sync.Mutex // guards the fields below
	replies []Reply
	bodies  []Body
}

// A Reply writes the response to one request.
type Reply func(w http.ResponseWriter, r *http.Request)

// A Body is the body of a request.
type Body struct {
	Model  string
	Fields map[string]json.RawMessage // all fields
	Header http.Header

	api *API
}

// Results returns the results of tools in the body, as the model reads them.
func (b Body) Results() []string { return b.api.results(b) }

// Messages returns the field messages of a body of the Chat Completions API.
func (b Body) Messages() []Message { return fieldOf[[]Message](b, "messages") }

// Tools returns the names of the tools in the body.
func (b Body) Tools() (names []string) {
	for _, t := range fieldOf[[]struct {
		Name     string
		Function struct{ Name string }
	}](b, "tools") {
		names = append(names, t.Name+t.Function.Name)
	}
	return names
}

// fieldOf returns a field of the body as a value of type T. It is zero if the field is missing.
func fieldOf[T any](b Body, name string) (value T) {
	json.Unmarshal(b.Fields[name], &value)
	return value
}

// New returns a server that gives these replies, without a URL. When the replies are used up, the
// server answers with the text "(no more replies)".
func (a *API) New(t testing.TB, replies ...Reply) *Server {
	return &Server{t: t, api: a, Models: []string{"tiny"}, replies: replies}
}

// Serve starts a server that gives these replies, and stops it at the end of the test.
func (a *API) Serve(t testing.TB, replies ...Reply) *Server {
	s := a.New(t, replies...)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL + "/v1"
	return s
}

// Serve starts a server with the Chat Completions API.
func Serve(t testing.TB, replies ...Reply) *Server { return Completions.Serve(t, replies...) }

// RoundTrip implements [http.RoundTripper]. It answers without a network.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result(), nil
}

// ServeHTTP answers a request below /v1.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/models" {
		list := struct {
			Data []map[string]string `json:"data"`
		}{}
		for _, name := range s.Models {
			list.Data = append(list.Data, map[string]string{"id": name})
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(list)
		return
	}
	data, err := io.ReadAll(r.Body)
	b := Body{Header: r.Header, api: s.api}
	if err == nil {
		err = json.Unmarshal(data, &b.Fields)
	}
	if err == nil && r.URL.Path != "/v1"+s.api.path {
		err = fmt.Errorf("a request to %s", r.URL.Path)
	}
	if err == nil {
		b.Model = fieldOf[string](b, "model")
		err = s.api.Check(b)
	}
	if err != nil {
		if s.Refuse != nil {
			s.Refuse(err)
		} else {
			s.t.Errorf("request: %v: %s", err, data)
		}
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.bodies = append(s.bodies, b)
	reply := s.api.Text("(no more replies)")
	if len(s.replies) > 0 {
		reply, s.replies = s.replies[0], s.replies[1:]
	}
	s.mu.Unlock()
	reply(w, r)
}

// Requests returns the bodies of the requests so far.
func (s *Server) Requests() []Body {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies
}

// Error replies with a status and a body.
func Error(status int, body string, headers ...string) Reply {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// raw replies with a stream of this text. It sends each part at once.
func raw(parts ...string) Reply {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, p := range parts {
			io.WriteString(w, p)
			w.(http.Flusher).Flush()
		}
	}
}

// named replies with a stream in which each event has its type as its name.
func named(events ...string) Reply {
	var parts []string
	for _, e := range events {
		var event struct{ Type string }
		json.Unmarshal([]byte(e), &event)
		parts = append(parts, fmt.Sprintf("event: %s\ndata: %s\n\n", event.Type, e))
	}
	return raw(parts...)
}

// quote returns the text as a JSON string.
func quote(text string) string {
	data, _ := json.Marshal(text)
	return string(data)
}

// withIDs puts an id before each call, such as `light {"on":true}`.
func withIDs(calls []string) (all []string) {
	for i, call := range calls {
		name, _, _ := strings.Cut(call, " ")
		all = append(all, fmt.Sprintf("call-%s-%d %s", name, i, call))
	}
	return all
}

// cutCall returns the parts of a call such as `a light {"on":true}`.
func cutCall(call string) (id, name, arguments string) {
	id, rest, _ := strings.Cut(call, " ")
	name, arguments, _ = strings.Cut(rest, " ")
	return id, name, arguments
}
