package mcpclient

import (
	"slices"
	"strings"
	"testing"
)

func names(s *Server) (all []string) {
	for _, t := range s.Tools() {
		all = append(all, t.Name)
	}
	return all
}

func TestOnlyToolsThatMayBeCalledAreListed(t *testing.T) {
	t.Parallel()
	e := fake("plain")
	e.Allow, e.Deny = []string{"e*", "add"}, []string{"*it"}
	s, _ := start(t, e)
	mustCall(t, s, "echo", `{"text":"a"}`)
	if got, want := names(s), []string{"add", "echo", "environment"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for name, want := range map[string]string{
		"exit":  "denied: the rules of the MCP server notes do not allow its tool exit",
		"slow":  "denied: the rules of the MCP server notes do not allow its tool slow",
		"echos": "not_found: the MCP server notes has no tool echos (did you mean 'echo'?)",
	} {
		if _, err := call(t, s, name, `{}`); err == nil || codeOf(err)+": "+err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestAToolWhoseDefinitionChangesIsTakenBack(t *testing.T) {
	t.Parallel()
	s, log := start(t, fake("plain"))
	mustCall(t, s, "echo", `{"text":"a"}`)
	changes := make(chan struct{}, 100)
	defer s.Watch(func() { changes <- struct{}{} })()
	mustCall(t, s, "change", `{}`)
	for !slices.Contains(names(s), "extra") {
		<-changes
	}
	if slices.Contains(names(s), "echo") {
		t.Error("echo is still there")
	}
	if _, err := call(t, s, "echo", `{"text":"a"}`); codeOf(err) != "denied" {
		t.Errorf("got %v", err)
	}
	if n := strings.Count(log.String(), "has changed the definition of its tool echo"); n != 1 {
		t.Errorf("%d warnings", n)
	}
	if got := mustCall(t, s, "extra", `{}`); got != "extra" {
		t.Errorf("got %q", got)
	}
}

func TestAnEntryCanTrustChangedDefinitions(t *testing.T) {
	t.Parallel()
	e := fake("plain")
	e.Trust = true
	s, _ := start(t, e)
	mustCall(t, s, "change", `{}`)
	until(t, "the new tool", func() bool { return slices.Contains(names(s), "extra") })
	if got := mustCall(t, s, "echo", `{"text":"a"}`); got != "a" {
		t.Errorf("got %q", got)
	}
}
