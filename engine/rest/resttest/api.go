// Package resttest is a fake ElevenLabs REST API for tests. It responds to the requests that
// Moonlark sends.
//
// If ElevenLabs' OpenAPI document is in ../shared/protocol (its licence does not allow us to
// distribute it), the package checks every request and every response against the document.
package resttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// An API holds the data of one ElevenLabs account. Do not change the exported fields while the API
// serves requests.
type API struct {
	Key    string            // the API key that requests must have
	Agents map[string]string // the JSON of each agent, by the agent's id; requests can change it
	Tools  map[string]string // the JSON of each tool, by the tool's id; requests can change it
	Signed map[string]string // signed URLs, by the agent's id

	// Refuse has the response for each path whose requests are refused. These responses are not
	// compared with the OpenAPI document.
	Refuse map[string]Refusal
	// Fail returns the response to a request that is refused, or nil. It is called for each request, one
	// at a time. It may be nil.
	Fail func(r *http.Request) *Refusal
	// PageSize is the size of the pages of lists; zero means what the request asks for.
	PageSize int

	// Report is called with a description of each request or response that does not fit the OpenAPI
	// document. It may be called from any goroutine. Serve sets it.
	Report func(text string)

	mu       sync.Mutex // guards Agents, Tools, and the fields below
	requests []string
	created  int // number of tools that were created
}

// A Refusal is the response to all requests for one path, instead of the usual response.
type Refusal struct {
	Status int
	Header http.Header
	Body   string
}

// Serve starts an HTTP server for the API and stops it when the test ends. Requests and responses
// that do not fit the OpenAPI document fail the test.
func Serve(t testing.TB, api *API) *httptest.Server {
	api.Report = func(text string) { t.Error(text) }
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server
}

// Requests returns the requests received so far, each in the form "GET /path?query".
func (a *API) Requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.requests...)
}

// ServeHTTP implements [http.Handler]. It records the request and answers it as the API does.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.requests = append(a.requests, r.Method+" "+r.URL.RequestURI())
	a.mu.Unlock()
	// The API has no such path: the client sends this request only to check that the host can be
	// reached.
	if r.URL.Path == "/" {
		http.NotFound(w, r)
		return
	}
	op, err := described(r)
	if err != nil {
		a.Report(err.Error())
	}
	body, err := io.ReadAll(r.Body)
	if err == nil && len(body) > 0 {
		err = op.checkBody(body)
	}
	if err != nil {
		a.Report(fmt.Sprintf("%s %s: the body: %v", r.Method, r.URL.Path, err))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	refusal, refused := a.Refuse[r.URL.Path]
	if a.Fail != nil && !refused {
		if failure := a.Fail(r); failure != nil {
			refusal, refused = *failure, true
		}
	}
	if refused {
		for name, values := range refusal.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(refusal.Status)
		fmt.Fprint(w, refusal.Body)
		return
	}
	status, answer := a.answer(r, body)
	if err := op.check(status, answer); err != nil {
		a.Report(fmt.Sprintf("%s %s: the answer: %v", r.Method, r.URL.Path, err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(answer)
}

// answer returns the response to a request that is not refused, and changes the account if the request
// asks for that. body is the body of the request. The caller must hold a.mu.
func (a *API) answer(r *http.Request, body []byte) (status int, answer []byte) {
	if r.Header.Get("xi-api-key") != a.Key {
		return refuse(http.StatusUnauthorized, "invalid_api_key", "Invalid API key")
	}
	kind, id := "", ""
	if rest, ok := strings.CutPrefix(r.URL.Path, "/v1/convai/"); ok {
		kind, id, _ = strings.Cut(rest, "/")
	}
	if r.Method != http.MethodGet || kind == "tools" && (id == "" || strings.HasSuffix(id, "/dependent-agents")) {
		return a.answerAccount(r, kind, id, body)
	}
	switch {
	case kind == "conversation" && id == "get-signed-url":
		if r.URL.Query().Get("agent_id") == "" {
			return http.StatusUnprocessableEntity, []byte(`{"detail": [{"type": "missing", "loc": ["query", "agent_id"], "msg": "Field required"}]}`)
		}
		if signed, ok := a.Signed[r.URL.Query().Get("agent_id")]; ok {
			answer, _ := json.Marshal(map[string]string{"signed_url": signed})
			return http.StatusOK, answer
		}
	case kind == "agents" && a.Agents[id] != "":
		return http.StatusOK, []byte(a.Agents[id])
	case kind == "tools" && a.Tools[id] != "":
		return http.StatusOK, []byte(a.Tools[id])
	}
	return refuse(http.StatusNotFound, "not_found", fmt.Sprintf("%s not found", r.URL.Path))
}

// refuse returns an error response in the API's JSON format. kind is the API's name for the
// problem.
func refuse(status int, kind, message string) (int, []byte) {
	var b bytes.Buffer
	json.NewEncoder(&b).Encode(map[string]any{"detail": map[string]string{"status": kind, "message": message}})
	return status, b.Bytes()
}
