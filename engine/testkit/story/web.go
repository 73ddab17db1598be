package story

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine/testkit"
)

func (s *story) web(ts *testscript.TestScript, args []string) {
	requests := &testkit.Transcript{}
	files := http.FileServer(http.Dir(ts.MkAbs(args[1])))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(requests, strings.TrimSpace(r.Method+" "+r.URL.String()+" "+r.Header.Get("Authorization")))
		if strings.HasPrefix(r.URL.Path, "/slow/") {
			time.Sleep(time.Second)
		}
		files.ServeHTTP(w, r)
	}))
	s.Cleanup(server.Close)
	s.webs[args[0]] = requests
	ts.Setenv(args[0], server.URL)
}

func (s *story) visits(ts *testscript.TestScript, args []string) {
	requests := s.webs[args[0]]
	if requests == nil {
		ts.Fatalf("no web server %s was started", args[0])
	}
	fmt.Fprint(ts.Stdout(), requests.String())
}
