package story

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine/rest/resttest"
	"moonlark/engine/testkit"
)

// An api is a simulated ElevenLabs REST API for one account.
type api struct {
	resttest.API
	// requests and responses that the description of the real API does not contain
	wrong testkit.Transcript
}

func (s *story) api(ts *testscript.TestScript, args []string) {
	a := &api{}
	a.Key = args[1]
	a.Report = func(text string) { fmt.Fprintln(&a.wrong, text) }
	a.Agents = readObjects(ts, filepath.Join(args[2], "agents"))
	a.Tools = readObjects(ts, filepath.Join(args[2], "tools"))
	server := httptest.NewServer(a)
	s.Cleanup(server.Close)
	s.apis[args[0]] = a
	ts.Setenv(args[0], server.URL)
}

// readObjects returns the contents of all files ID.json in a folder, with ID as the key.
func readObjects(ts *testscript.TestScript, folder string) map[string]string {
	objects := make(map[string]string)
	files, _ := filepath.Glob(filepath.Join(ts.MkAbs(folder), "*.json"))
	for _, file := range files {
		objects[strings.TrimSuffix(filepath.Base(file), ".json")] = ts.ReadFile(file)
	}
	return objects
}

func (s *story) asked(ts *testscript.TestScript, args []string) {
	a := s.apis[args[0]]
	if a == nil {
		ts.Fatalf("no API %s was started", args[0])
	}
	for _, request := range a.Requests() {
		fmt.Fprintln(ts.Stdout(), request)
	}
	if wrong := a.wrong.String(); wrong != "" {
		ts.Fatalf("%s", wrong)
	}
}
