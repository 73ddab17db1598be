package terminal

import (
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"moonlark/engine/bus"
	"moonlark/engine/llm"
	"moonlark/engine/safetext"
)

// A describer turns events into text for a screen or a pipe. It remembers what has begun and has
// not ended: tool calls without a result, the reply whose parts are coming, and the connection
// attempt. Its methods are not safe for several goroutines, so its owner calls them under a lock.
type describer struct {
	theme
	live bool // whether the screen redraws what has not ended, such as tool calls

	calls     []bus.Event // the tool calls without a result, the oldest first
	reply     agentReply
	target    string // the agent to which a connection is being opened; empty if none is
	announced string // the target that was last shown to the user
}

// maxCalls is the maximum number of tool calls without a result that are remembered. The limit
// matters only if results get lost.
const maxCalls = 256

// maxJobText is how much of the error of a job is shown, in bytes.
const maxJobText = 300

// describe returns what must be shown for the event e, as text blocks. Long tool calls and results
// are shortened to cols columns. The text is safe for a terminal.
func (d *describer) describe(e bus.Event, cols int) []block {
	blocks := d.blocks(e, cols)
	for _, e := range blocks {
		for i := range e.text {
			e.text[i].text = safetext.Text(e.text[i].text)
		}
	}
	return blocks
}

// blocks does the work of describe. The text that it returns may not be safe for a terminal.
func (d *describer) blocks(e bus.Event, cols int) []block {
	switch e.Type {
	case bus.Connecting:
		return d.connecting(e)
	case bus.Connected:
		return d.connected(e)
	case bus.Retrying:
		return d.retrying(e)
	case bus.Disconnected:
		return d.disconnected(e)
	case bus.User:
		return append(d.completeReply(), block{kind: userBlock, text: []span{{normal, e.Text}}})
	case bus.AgentPart:
		return agentBlocks(d.reply.addPart(e))
	case bus.Agent:
		return agentBlocks(d.reply.addWhole(e)...)
	case bus.Interruption:
		return append(agentBlocks(d.reply.flush()), d.dimNote("interrupted"))
	case bus.AgentCorrected:
		return append(agentBlocks(d.reply.flush()), d.corrected(e.Text, cols))
	case bus.Speaker:
		return d.device("speaker", e)
	case bus.Microphone:
		return d.device("microphone", e)
	case bus.WakeWord:
		return d.device("wake word", e)
	case bus.Wake:
		return []block{d.dimNote(wakeWordHeard(e.Text))}
	case bus.Sound:
		return d.soundProblems(e)
	case bus.ModelRound:
		return d.modelRound(e.Round)
	case bus.FirstSound:
		if e.Seconds < slowReply {
			return nil
		}
		return []block{d.dimNote("the agent began to speak after " + duration(e.Seconds))}
	case bus.ToolCall:
		return d.toolCall(e)
	case bus.ToolResult:
		return d.toolResult(e, cols)
	case bus.Loaded:
		return []block{{kind: headerBlock, hang: 2, text: d.loaded(e, cols)}}
	case bus.Reloaded:
		return []block{d.dimNote(d.join(e.Script+" reloaded", plural(len(e.Tools), "tool"), duration(e.Seconds)))}
	case bus.ToolsChanged:
		return []block{d.dimNote(e.Script + " now offers " + plural(len(e.Tools), "tool"))}
	case bus.Approval:
		return append([]block{{kind: noteBlock, hang: 2, text: []span{{bad, "? "}, {normal, e.Text}}}}, hintBlocks(e.Hint)...)
	case bus.ReloadFailed:
		return d.problem("not reloaded: "+withScript(e.Script, e.Text), e.Hint)
	case bus.Bundle:
		return []block{d.bundle(e)}
	case bus.JobDone:
		if e.IsError {
			return d.problem(withScript(e.Script, "the job of "+e.Tool+": "+safetext.Cut(*e.Result, maxJobText, "…")), "")
		}
		return []block{d.dimNote("the job of " + e.Tool + " is done")}
	case bus.Print:
		return []block{{kind: noteBlock, text: []span{{dim, scriptPrefix(e.Script)}, {normal, e.Text}}}}
	case bus.Error:
		return append(d.announceTarget(), d.problem(e.Text, e.Hint)...)
	case bus.Dropped:
		return []block{d.dimNote(plural(e.Count, "event") + " not shown: this terminal was too slow")}
	}
	// The logger shows Log events. Event types that are not listed above appear only in --json.
	return nil
}

// bundle returns the text block for a bundle that has come into another phase.
func (d *describer) bundle(e bus.Event) block {
	name := fmt.Sprintf("bundle %d", e.Version)
	if e.Fleet != "" {
		name = fmt.Sprintf("bundle %s %d", e.Fleet, e.Version)
	}
	switch e.Phase {
	case "trial":
		return d.dimNote(fmt.Sprintf("loaded %s (trial, %s)", name, wholeTime(e.Seconds)))
	case "ready", "good":
		return d.dimNote(name + " is " + e.Phase)
	case "refused":
		return block{kind: noteBlock, hang: 2, text: []span{{bad, name + " is refused: " + e.Text}}}
	}
	return block{kind: noteBlock, hang: 2, text: []span{{bad, name + ": " + e.Text}}}
}

// wholeTime returns seconds in minutes, if they are whole minutes.
func wholeTime(seconds float64) string {
	if minutes := seconds / 60; minutes >= 1 && minutes == float64(int(minutes)) {
		return fmt.Sprintf("%d min", int(minutes))
	}
	return fmt.Sprintf("%d s", int(seconds))
}

// ongoing returns text blocks for what has begun and has not ended: the reply whose parts are
// coming and the tool calls without a result.
func (d *describer) ongoing(cols int) []block {
	const maxShown = 4
	blocks := agentBlocks(safetext.Text(d.reply.arriving()))
	calls := d.calls
	if n := len(calls) - maxShown; n > 0 {
		blocks = append(blocks, d.dimNote(plural(n, "more call")+" under way"))
		calls = calls[n:]
	}
	for _, c := range calls {
		blocks = append(blocks, d.ongoingCall(c, cols))
	}
	return blocks
}

// unfinished returns text blocks for replies and tool calls that have begun and will not end,
// because no more events will come. It forgets the tool calls.
func (d *describer) unfinished(cols int) []block {
	blocks := agentBlocks(safetext.Text(d.reply.flush()))
	for _, c := range d.calls {
		blocks = append(blocks, d.unansweredCall(c, cols))
	}
	d.calls = nil
	return blocks
}

// completeReply returns a text block for the reply that came in parts, if the last part has come,
// and otherwise nil.
func (d *describer) completeReply() []block {
	if !d.reply.done {
		return nil
	}
	return agentBlocks(d.reply.flush())
}

// slowReply is how long the begin of a model's reply may take without a note on the screen, in
// seconds.
const slowReply = 1.0

// modelRound returns a note if the model was slow to reply. The user has waited, and wants to know why.
func (d *describer) modelRound(r *llm.Round) []block {
	if r.FirstToken < slowReply {
		return nil
	}
	text := d.join(r.Model+" began to reply after "+duration(r.FirstToken), plural(r.InputTokens, "token")+" read")
	if r.InputTokens == 0 {
		text = r.Model + " began to reply after " + duration(r.FirstToken)
	}
	return []block{d.dimNote(text)}
}

// corrected returns a text block that says where an interrupted reply was cut off. text is the part
// of the reply that was spoken. The text block shows only the end of text.
func (d *describer) corrected(text string, cols int) block {
	text = safetext.Line(text)
	if text == "" {
		return d.dimNote("cut off before it said anything")
	}
	const lead = "cut off after "
	end := clipLeft(text, cols-len(lead)-2, d.ellipsis)
	if _, words, ok := strings.Cut(end, " "); ok && end != text {
		end = d.ellipsis + " " + words // remove a word whose beginning was cut off
	}
	return d.dimNote(lead + strconv.Quote(end))
}

// loaded returns the text for a script that was loaded: its name and its tools, in at most two rows
// of cols columns.
func (d *describer) loaded(e bus.Event, cols int) []span {
	what := d.join(e.Script, plural(len(e.Tools), "tool"))
	if len(e.Tools) == 0 {
		return []span{{dim, what}}
	}
	names := safetext.Line(strings.Join(e.Tools, ", "))
	return []span{{dim, what + ": " + clip(names, 2*cols-width(what)-10, d.ellipsis)}}
}

// problem returns the text blocks for an error or a warning, and for its hint if that is not empty.
func (d *describer) problem(text, hint string) []block {
	return append([]block{{kind: noteBlock, hang: 2, text: []span{{bad, d.cross + " "}, {normal, text}}}}, hintBlocks(hint)...)
}

func hintBlocks(hint string) []block {
	if hint == "" {
		return nil
	}
	return []block{{kind: noteBlock, indent: 2, hang: 6, text: []span{{dim, "hint: "}, {normal, hint}}}}
}

func (d *describer) dimNote(text string) block {
	return block{kind: noteBlock, text: []span{{dim, text}}}
}

// agentBlocks returns one text block for each reply of the agent that is not blank.
func agentBlocks(replies ...string) []block {
	var blocks []block
	for _, text := range replies {
		if strings.TrimSpace(text) != "" {
			blocks = append(blocks, block{kind: agentBlock, text: []span{{normal, text}}})
		}
	}
	return blocks
}

// join joins the parts that are not empty. It puts the theme's dot between them.
func (d *describer) join(parts ...string) string {
	var present []string
	for _, p := range parts {
		if p != "" {
			present = append(present, p)
		}
	}
	return strings.Join(present, " "+d.dot+" ")
}

// withScript returns "script: text". It returns only text if text already begins with the script's
// name.
func withScript(script, text string) string {
	if file, _, _ := strings.Cut(text, ":"); script == "" || path.Base(filepath.ToSlash(file)) == script {
		return text
	}
	return script + ": " + text
}

func scriptPrefix(script string) string {
	if script == "" {
		return ""
	}
	return script + ": "
}

func plural(n int, what string) string {
	switch n {
	case 0:
		return "no " + what + "s"
	case 1:
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// duration formats a number of seconds for people, such as "12 ms" or "1.2 s". It returns "" if
// seconds is not positive.
func duration(seconds float64) string {
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
