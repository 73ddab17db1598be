package terminal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/testkit"
)

// The text of 1000 calls at once has the first 100, all that have failed, and the number of the
// others. A second later, calls are shown again.
func TestAFloodOfToolCallsIsShownInPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr testkit.Transcript
		read := 0 // number of bytes of stderr that next has returned
		next := func() string {
			text := stderr.String()[read:]
			read += len(text)
			return text
		}
		term := New(Options{Stdout: new(bytes.Buffer), Stderr: &stderr, Stdin: strings.NewReader("")})
		call := func(i int, failed bool) {
			id, text := fmt.Sprint("call", i), "ok"
			term.Show(bus.Event{Type: bus.ToolCall, Time: time.Now(), CallID: id, Tool: "light"})
			term.Show(bus.Event{Type: bus.ToolResult, Time: time.Now(), CallID: id, Tool: "light", Result: &text, IsError: failed})
		}
		for i := range 1000 {
			call(i, i == 500)
		}
		if text := next(); strings.Count(text, "\n") != maxCallsPerSecond+1 {
			t.Errorf("want %d lines, got:\n%s", maxCallsPerSecond+1, text)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got, want := next(), "899 more tool calls not shown (--json shows all)\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		call(1000, false)
		term.Close()
		if text := next(); strings.Count(text, "\n") != 1 {
			t.Errorf("a second later: %q", text)
		}
	})
}
