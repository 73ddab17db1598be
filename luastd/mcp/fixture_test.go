package mcp_test

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/mcpclient"
	"moonlark/engine/permit"
	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/fakemcp"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) {
	fakemcp.Main()
	goleak.VerifyTestMain(m)
}

// servers returns the server "notes", a program with these behaviours.
func servers(t *testing.T, behaviours string, change func(*mcpclient.Entry)) *mcpclient.Servers {
	e := &mcpclient.Entry{
		Name: "notes", Command: os.Args[0], Args: []string{"-test.run=^$"}, Startup: testkit.Timeout, Timeout: testkit.Timeout,
		Env: []string{fakemcp.Variable + "=" + behaviours, "GORACE=atexit_sleep_ms=0"},
	}
	if change != nil {
		change(e)
	}
	s := mcpclient.NewServers("servers.json", []*mcpclient.Entry{e}, nil)
	t.Cleanup(s.Close)
	return s
}

// open loads a script that can use the server "notes", and waits until its offers are there.
func open(t *testing.T, source string, opts luastdtest.Options) *luastdtest.Script {
	t.Helper()
	if opts.MCPServers == nil {
		opts.MCPServers = servers(t, "plain", nil)
	}
	opts.Source = source
	s := luastdtest.Open(t, opts)
	if err := s.Scripts.AwaitToolsets(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// toolNames returns the names of the tools of the script.
func toolNames(s *luastdtest.Script) string {
	var names []string
	for _, spec := range s.Scripts.Tools() {
		if spec.Name != "luastdtest_run" {
			names = append(names, spec.Name)
		}
	}
	return strings.Join(names, " ")
}

// answering returns questions that are answered with yes if the arguments contain "yes", with no if
// they contain "no", and not at all otherwise.
func answering() *script.Approvals {
	a := &script.Approvals{Listens: func() bool { return true }}
	a.Publish = func(q script.Question) {
		text := string(q.Fields())
		switch {
		case strings.Contains(text, "yes"):
			go a.Answer(q.ID, true)
		case strings.Contains(text, "no"):
			go a.Answer(q.ID, false)
		}
	}
	return a
}

// granted returns permissions.
func granted(kind permit.Kind, value string) permit.Settings {
	return permit.Settings{Grants: []permit.Grant{{Kind: kind, Value: value, Source: "the test"}}}
}
