package mcpclient

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
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

// listingOf returns a listing of tools with these names and this description.
func listingOf(description string, names ...string) *listing {
	l := new(listing)
	for _, name := range names {
		l.add(&mcp.Tool{Name: name, Description: description})
	}
	return l
}

func TestAToolIsTakenBackForGood(t *testing.T) {
	log := new(testLog)
	s := NewServer(&Entry{Name: "notes"}, slog.New(slog.NewTextHandler(log, nil)))
	for range 3 {
		for _, description := range []string{"Returns the text", "Returns the password"} {
			s.relist(listingOf(description, "echo"))
		}
		s.relist(listingOf(""))
	}
	s.relist(listingOf("Returns the text", "echo"))
	if len(s.Tools()) != 0 {
		t.Errorf("got %q", names(s))
	}
	if n := strings.Count(log.String(), "has changed the definition of its tool echo"); n != 1 {
		t.Errorf("%d warnings", n)
	}
}

func TestAServerCannotListEverNewTools(t *testing.T) {
	log := new(testLog)
	s := NewServer(&Entry{Name: "notes"}, slog.New(slog.NewTextHandler(log, nil)))
	for i := range maxKnown + 10 {
		s.relist(listingOf("", fmt.Sprint(i)))
	}
	if len(s.known) != maxKnown || len(s.Tools()) != 0 || strings.Count(log.String(), "some are left out") != 1 {
		t.Errorf("%d tools are known; the last one is %q; log: %s", len(s.known), names(s), log)
	}
	if s.relist(listingOf("", "0")); len(s.Tools()) != 1 {
		t.Error("a tool that is known is left out")
	}
}

func TestALongListingIsBounded(t *testing.T) {
	wide := make(map[string]any)
	for i := range 100_000 {
		wide[fmt.Sprint("p", i)] = map[string]any{}
	}
	l := listingOf("short", "first")
	if !l.add(&mcp.Tool{Name: "wide", InputSchema: map[string]any{"type": "object", "properties": wide}}) || !l.incomplete || len(l.tools) != 1 {
		t.Errorf("a schema of %d bytes: %d tools", l.size, len(l.tools))
	}
	if l.add(&mcp.Tool{Name: "long", Description: strings.Repeat("x", maxListing)}) {
		t.Error("a description as long as a listing is listed")
	}
	l = new(listing)
	for i := range maxTools {
		l.add(&mcp.Tool{Name: fmt.Sprint(i)})
	}
	if l.incomplete || l.add(&mcp.Tool{Name: "last"}) || !l.incomplete {
		t.Errorf("%d tools", len(l.tools))
	}
}
