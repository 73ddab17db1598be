package remote

import (
	"slices"
	"strings"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/dialog"
	"moonlark/engine/screen"
	"moonlark/engine/testkit"
)

func TestATouchSaysItsSentenceNowOrWhenTheConversationHasBegun(t *testing.T) {
	s := screen.New(nil)
	r := newRemote(Parts{Screen: s})
	client, generation := s.NewClient("a.lua"), s.NewGeneration()
	client.SetGeneration(generation, func(screen.Pressed) error { return nil })
	content, err := s.Maker(nil).Parse([]byte(`[{"buttons":[{"text":"Gate 3","say":"Where is gate 3?"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Show(content); err != nil {
		t.Fatal(err)
	}
	touch := screen.Touch{Key: s.Document().Buttons()[0].Key, Action: screen.Press}
	if err := r.Touch(touch); err == nil || !strings.Contains(err.Error(), "conversation") {
		t.Errorf("without a conversation and without --wait: %v", err)
	}
	r.SayPending() // there is nothing to say

	conv := newFakeConversation()
	d := dialog.New(conv, dialog.Options{Bus: new(bus.Bus), Turns: dialog.NewTurns(), Scripts: newScripts(t, ""), Begun: r.SetDialog})
	ended := make(chan struct{})
	go func() { defer close(ended); d.Hold(t.Context(), false, false) }()
	testkit.Until(t, "the dialog", func() bool { return r.dialog.Load() != nil })
	if err := r.Touch(touch); err != nil {
		t.Error(err)
	}
	r.later.Store(&sentence{text: "old"}) // a touch of long ago
	r.SayPending()
	conv.mu.Lock()
	frames := slices.Clone(conv.frames)
	conv.mu.Unlock()
	if len(frames) != 1 || !strings.Contains(frames[0], "Where is gate 3?") {
		t.Errorf("got %q", frames)
	}
	if err := r.Touch(screen.Touch{Action: screen.Wake}); err != nil {
		t.Error(err)
	}
	if err := r.Touch(screen.Touch{Key: "x", Action: screen.Press}); err != screen.ErrGone {
		t.Errorf("got %v", err)
	}
	conv.end(nil)
	<-ended
	if err := newRemote(Parts{}).Touch(touch); err != ErrNoScreen {
		t.Errorf("got %v", err)
	}
}
