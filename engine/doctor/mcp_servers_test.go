package doctor

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestServersThatDoNotStartAreReported(t *testing.T) {
	var found []Finding
	c := &checker{report: func(f Finding) { found = append(found, f) }}
	c.Servers = []Server{
		{Name: "good", Tools: 3, Took: 1500 * time.Millisecond},
		{Name: "empty"},
		{Name: "broken", Err: errors.New("broken is not running: the program has ended")},
	}
	c.checkServers()
	want := []Finding{
		{OK, "mcp servers", "good", "ready after 1.5 s, with 3 tools that may be called", ""},
		{Warning, "mcp servers", "empty", "it is ready, but has no tool that may be called", "check its allow and deny"},
		{Error, "mcp servers", "broken", "broken is not running: the program has ended", `start its command in a terminal, or check its url; raise its "startup" if it is slow`},
	}
	if !slices.Equal(found, want) {
		t.Errorf("got %+v", found)
	}
}
