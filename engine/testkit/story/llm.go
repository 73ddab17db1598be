package story

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine/testkit"
)

func (s *story) llm(ts *testscript.TestScript, args []string) {
	requests := &testkit.Transcript{}
	folder := ts.MkAbs(args[1])
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"data":[{"id":"tiny"}]}`)
	})
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Model    string
			Messages []struct{ Role, Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.Messages) == 0 {
			http.Error(w, `{"error":"not a request"}`, http.StatusBadRequest)
			return
		}
		last := body.Messages[len(body.Messages)-1]
		fmt.Fprintf(requests, "%s %s: %s\n", body.Model, last.Role, last.Content)
		reply, err := os.ReadFile(filepath.Join(folder, last.Role))
		if err != nil {
			http.Error(w, `{"error":"the story has no reply for this role"}`, http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.Write(reply)
	})
	server := httptest.NewServer(mux)
	s.Cleanup(server.Close)
	s.webs[args[0]] = requests
	ts.Setenv(args[0], server.URL+"/v1")
}
