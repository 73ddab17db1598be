package terminal

import "moonlark/engine/bus"

// device returns text blocks for the state of a device or of the wake word recogniser: its name, or
// its problem. what says which of them it is, such as "speaker".
func (d *describer) device(what string, e bus.Event) []block {
	if e.Text != "" {
		return d.problem(what+": "+e.Text, e.Hint)
	}
	return []block{d.dimNote(what + ": " + e.Device)}
}

// wakeWordHeard returns a text that says which wake word was heard. word is empty if the recogniser
// did not say which it was.
func wakeWordHeard(word string) string {
	if word == "" {
		return "heard the wake word"
	}
	return "heard \"" + word + "\""
}

// soundProblems returns a text block that lists the problems with the sound, or nil if there were
// none.
func (d *describer) soundProblems(e bus.Event) []block {
	var parts []string
	for _, problem := range []struct {
		n    int64
		name string
	}{
		{e.Sound.Underruns, "underrun"},
		{e.Sound.Overruns, "overrun"},
		{e.Sound.Gaps, "gap"},
		{e.Sound.Dropped, "dropped chunk"},
		{e.Sound.WakeDropped, "missed wake word chunk"},
	} {
		if problem.n > 0 {
			parts = append(parts, plural(int(problem.n), problem.name))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []block{d.dimNote("sound: " + d.join(parts...))}
}
