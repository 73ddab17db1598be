package terminal

import (
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"moonlark/engine/event"
)

// A wording puts events into words, the same for the screen and for plain
// text. It remembers what is still going on: the calls without a result, the
// reply that is coming in, the connection being made. Whoever has it guards it.
type wording struct {
	look
	live bool // what is going on is on the screen already: say only how it ended

	calls  []event.Event // tool calls without a result, the oldest first
	reply  reply
	target string // where it is to be connected, "" when it is
	said   string // the target that was last told about
}

// maxCalls is how many tool calls without a result are remembered: far more
// than are ever under way, and an end to those whose result was lost.
const maxCalls = 256

// say is what an event means to the person, in entries whose long parts are
// shortened to cols columns. All of it is neutral.
func (w *wording) say(e event.Event, cols int) []entry {
	entries := w.entries(e, cols)
	for _, e := range entries {
		for i := range e.text {
			e.text[i].text = neutral(e.text[i].text)
		}
	}
	return entries
}

func (w *wording) entries(e event.Event, cols int) []entry {
	switch e.Type {
	case event.Connecting:
		return w.connecting(e)
	case event.Connected:
		return w.connected(e)
	case event.Retrying:
		return w.retrying(e)
	case event.Disconnected:
		return w.disconnected(e)
	case event.User:
		return append(w.finished(), entry{kind: you, text: []span{{normal, e.Text}}})
	case event.AgentPart:
		return replies(w.reply.part(e))
	case event.Agent:
		return replies(w.reply.all(e)...)
	case event.Interruption:
		return append(replies(w.reply.flush()), w.quiet("interrupted"))
	case event.AgentCorrected:
		return append(replies(w.reply.flush()), w.corrected(e.Text, cols))
	case event.Speaker:
		return w.device("speaker", e)
	case event.Microphone:
		return w.device("microphone", e)
	case event.WakeWord:
		return w.device("wake word", e)
	case event.Wake:
		return []entry{w.quiet(woken(e.Text))}
	case event.Sound:
		return w.sound(e)
	case event.ToolCall:
		return w.called(e)
	case event.ToolResult:
		return w.result(e, cols)
	case event.Loaded:
		return []entry{{kind: header, hang: 2, text: w.loaded(e, cols)}}
	case event.Reloaded:
		return []entry{w.quiet(w.join(e.Script+" reloaded", count(len(e.Tools), "tool"), took(e.Seconds)))}
	case event.ReloadFailed:
		return w.trouble("not reloaded: "+blame(e.Script, e.Text), e.Hint)
	case event.Print:
		return []entry{{kind: note, text: []span{{dim, prefix(e.Script)}, {normal, e.Text}}}}
	case event.Error:
		return append(w.stillConnecting(), w.trouble(e.Text, e.Hint)...)
	case event.Dropped:
		return []entry{w.quiet(count(e.Count, "event") + " not shown: this terminal was too slow")}
	}
	return nil // a Log event goes to the log; what is new is for --json
}

// now is what is going on.
func (w *wording) now(cols int) []entry {
	var entries []entry
	entries = append(entries, replies(neutral(w.reply.coming()))...)
	const most = 4
	calls := w.calls
	if n := len(calls) - most; n > 0 {
		entries = append(entries, w.quiet(count(n, "more call")+" under way"))
		calls = calls[n:]
	}
	for _, c := range calls {
		entries = append(entries, w.underway(c, cols))
	}
	return entries
}

// rest is what was going on when nothing more is to come.
func (w *wording) rest(cols int) []entry {
	entries := replies(neutral(w.reply.flush()))
	for _, c := range w.calls {
		entries = append(entries, w.unanswered(c, cols))
	}
	w.calls = nil
	return entries
}

// finished is the reply that came in pieces and whose end is known, when
// something comes after it.
func (w *wording) finished() []entry {
	if !w.reply.done {
		return nil
	}
	return replies(w.reply.flush())
}

// corrected shows the end of what was really said: that is where it was cut.
func (w *wording) corrected(text string, cols int) entry {
	text = oneLine(text)
	if text == "" {
		return w.quiet("cut off before it said anything")
	}
	const lead = "cut off after "
	end := clipLeft(text, cols-len(lead)-2, w.dots)
	if _, words, ok := strings.Cut(end, " "); ok && end != text {
		end = w.dots + " " + words // not half a word
	}
	return w.quiet(lead + strconv.Quote(end))
}

// loaded is a script and its tools, on two rows at most.
func (w *wording) loaded(e event.Event, cols int) []span {
	what := w.join(e.Script, count(len(e.Tools), "tool"))
	if len(e.Tools) == 0 {
		return []span{{dim, what}}
	}
	names := oneLine(strings.Join(e.Tools, ", "))
	return []span{{dim, what + ": " + clip(names, 2*cols-width(what)-10, w.dots)}}
}

// trouble is something that went wrong, and one guess at the mend.
func (w *wording) trouble(text, guess string) []entry {
	return append([]entry{{kind: note, hang: 2, text: []span{{bad, w.cross + " "}, {normal, text}}}}, hint(guess)...)
}

func hint(guess string) []entry {
	if guess == "" {
		return nil
	}
	return []entry{{kind: note, indent: 2, hang: 6, text: []span{{dim, "hint: "}, {normal, guess}}}}
}

func (w *wording) quiet(text string) entry {
	return entry{kind: note, text: []span{{dim, text}}}
}

func replies(texts ...string) []entry {
	var entries []entry
	for _, text := range texts {
		if strings.TrimSpace(text) != "" {
			entries = append(entries, entry{kind: agent, text: []span{{normal, text}}})
		}
	}
	return entries
}

// join puts a dot between the parts that there are.
func (w *wording) join(parts ...string) string {
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, p)
		}
	}
	return strings.Join(there, " "+w.dot+" ")
}

// blame is text with the script it is about in front, unless it says so itself.
func blame(script, text string) string {
	if place, _, _ := strings.Cut(text, ":"); script == "" || path.Base(filepath.ToSlash(place)) == script {
		return text
	}
	return script + ": " + text
}

func prefix(script string) string {
	if script == "" {
		return ""
	}
	return script + ": "
}

func count(n int, what string) string {
	switch n {
	case 0:
		return "no " + what + "s"
	case 1:
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// took is a time as a person says it, "" for none.
func took(seconds float64) string {
	switch {
	case !(seconds > 0):
		return ""
	case seconds < 0.0005:
		return "<1 ms"
	case seconds < 0.9995:
		return fmt.Sprintf("%.0f ms", seconds*1000)
	case seconds < 9.95:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", seconds), ".0") + " s"
	case seconds < 59.5:
		return fmt.Sprintf("%.0f s", seconds)
	}
	return fmt.Sprintf("%d min %d s", int(seconds+0.5)/60, int(seconds+0.5)%60)
}
