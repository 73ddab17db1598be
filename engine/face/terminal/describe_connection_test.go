package terminal

import (
	"regexp"
	"testing"

	"moonlark/engine/bus"
)

// An agent that cannot be reached for a long time must not fill the screen.
func TestAFailedAttemptToConnectIsShownOnceAndThenCounted(t *testing.T) {
	v := newFakeScreen(100, 40)
	s := newTestScreen(v, false)
	var events []bus.Event
	for n := 1; n <= 99; n++ {
		events = append(events, bus.Event{Type: bus.Retrying, Text: "no such host", Seconds: 30, Count: n})
	}
	play(s, events)
	shown := regexp.MustCompile("(?m)^ +").ReplaceAllString(v.text(), "")
	if want := "✗ no such host · trying again in 30 s\n✗ no such host (10 times so far) · trying again in 30 s\n"; shown != want {
		t.Errorf("got\n%s\nwant\n%s", shown, want)
	}
}
