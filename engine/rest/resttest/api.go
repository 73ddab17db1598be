// Package resttest is an ElevenLabs REST API for tests, as much of it as
// Moonlark asks for.
//
// ElevenLabs' own description of the API is not ours to distribute. It is
// looked for beside the repository; where it is, every request must be one that
// it knows, and every answer must fit the schema that it has for it.
package resttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// An API answers for one account. Its exported fields are not changed once it
// serves.
type API struct {
	Key    string            // what it wants to be shown
	Agents map[string]string // the JSON of each, by id
	Tools  map[string]string
	Signed map[string]string // signed URLs, by the agent's id

	// Refuse are answers of another kind, by path, which are not checked.
	Refuse map[string]Refusal

	// Report is told of requests and answers that the description does not
	// have. It is called by any goroutine.
	Report func(text string)

	mu       sync.Mutex // guards what follows
	requests []string
}

// A Refusal is an answer that is not the one that was hoped for.
type Refusal struct {
	Status int
	Header http.Header
	Body   string
}

// Serve runs the API for the length of a test.
func Serve(t testing.TB, api *API) *httptest.Server {
	api.Report = func(text string) { t.Error(text) }
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server
}

// Requests are those that have come, as "GET /path?query".
func (a *API) Requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.requests...)
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.requests = append(a.requests, r.Method+" "+r.URL.RequestURI())
	a.mu.Unlock()
	if r.URL.Path == "/" { // no part of the API: somebody looks whether we are there
		http.NotFound(w, r)
		return
	}
	op, err := described(r)
	if err != nil {
		a.Report(err.Error())
	}
	if refusal, ok := a.Refuse[r.URL.Path]; ok {
		for name, values := range refusal.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(refusal.Status)
		fmt.Fprint(w, refusal.Body)
		return
	}
	status, body := a.answer(r)
	if err := op.check(status, body); err != nil {
		a.Report(fmt.Sprintf("%s %s: the answer: %v", r.Method, r.URL.Path, err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}

func (a *API) answer(r *http.Request) (status int, body []byte) {
	if r.Header.Get("xi-api-key") != a.Key {
		return refuse(http.StatusUnauthorized, "invalid_api_key", "Invalid API key")
	}
	kind, id := "", ""
	if rest, ok := strings.CutPrefix(r.URL.Path, "/v1/convai/"); ok {
		kind, id, _ = strings.Cut(rest, "/")
	}
	switch {
	case kind == "conversation" && id == "get-signed-url":
		if r.URL.Query().Get("agent_id") == "" {
			return http.StatusUnprocessableEntity, []byte(`{"detail": [{"type": "missing", "loc": ["query", "agent_id"], "msg": "Field required"}]}`)
		}
		if signed, ok := a.Signed[r.URL.Query().Get("agent_id")]; ok {
			body, _ := json.Marshal(map[string]string{"signed_url": signed})
			return http.StatusOK, body
		}
	case kind == "agents" && a.Agents[id] != "":
		return http.StatusOK, []byte(a.Agents[id])
	case kind == "tools" && a.Tools[id] != "":
		return http.StatusOK, []byte(a.Tools[id])
	}
	return refuse(http.StatusNotFound, "not_found", fmt.Sprintf("%s not found", r.URL.Path))
}

// refuse is how the API says no.
func refuse(status int, kind, message string) (int, []byte) {
	var b bytes.Buffer
	json.NewEncoder(&b).Encode(map[string]any{"detail": map[string]string{"status": kind, "message": message}})
	return status, b.Bytes()
}
