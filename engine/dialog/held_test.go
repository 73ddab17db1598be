package dialog

import (
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/tool"
)

func TestAConversationThatIsNotHeldAnyMoreSendsNoResult(t *testing.T) {
	held := true
	play(t, Options{Held: func() bool { return held }}, func(s *testDialog) {
		s.conv.receive(callMessage("x", "light"))
		held = false
		s.answer(tool.Result{Text: "on"})
		if got := s.conv.wire(); len(got) > 0 {
			t.Errorf("sent %q", got)
		}
		if orphans := s.all(bus.OrphanedResult); len(orphans) != 1 || orphans[0].CallID != "x" {
			t.Errorf("published %+v", orphans)
		}
	})
}

func TestAConversationThatIsNotHeldAnyMoreRunsNoTool(t *testing.T) {
	play(t, Options{Held: func() bool { return false }}, func(s *testDialog) {
		s.conv.receive(callMessage("x", "light"))
		if n := len(s.scripts.calls); n > 0 || len(s.conv.wire()) > 0 {
			t.Errorf("%d calls run", n)
		}
		if logs := s.all(bus.Log); len(logs) != 1 {
			t.Errorf("logged %+v", logs)
		}
	})
}
