package terminal

import "moonlark/engine/event"

// device is what became of a speaker or a microphone.
func (w *wording) device(what string, e event.Event) []entry {
	if e.Text != "" {
		return w.trouble(what+": "+e.Text, e.Hint)
	}
	return []entry{w.quiet(what + ": " + e.Device)}
}

// woken is a wake word that was said. Not every recogniser says which.
func woken(word string) string {
	if word == "" {
		return "heard the wake word"
	}
	return "heard \"" + word + "\""
}

// sound is what went wrong with it, nothing when nothing did.
func (w *wording) sound(e event.Event) []entry {
	var parts []string
	for _, what := range []struct {
		n    int64
		name string
	}{
		{e.Sound.Underruns, "underrun"},
		{e.Sound.Overruns, "overrun"},
		{e.Sound.Gaps, "gap"},
		{e.Sound.Dropped, "dropped chunk"},
		{e.Sound.WakeDropped, "missed wake piece"},
	} {
		if what.n > 0 {
			parts = append(parts, count(int(what.n), what.name))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []entry{w.quiet("sound: " + w.join(parts...))}
}
