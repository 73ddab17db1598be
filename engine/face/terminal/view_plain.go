package terminal

import (
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"moonlark/engine/bus"
)

// plainView is the view for a standard output that is not a terminal. It writes the agent's replies
// to standard output, and everything else to standard error.
type plainView struct {
	stderrText
	out *stickyWriter // standard output

	mu        sync.Mutex // guards the fields below
	describer describer
	onScreen  echoedLines
	calls     callLimit
}

// plainWidth is the width, in columns, to which plainView shortens tool calls and results.
const plainWidth = 160

func newPlainView(out *stickyWriter, s stderrText) *plainView {
	return &plainView{stderrText: s, out: out, describer: describer{theme: s.theme}}
}

func (p *plainView) show(e bus.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Type == bus.User && p.onScreen.remove(e.Text) {
		return
	}
	if e.Type == bus.ToolResult && !e.IsError && p.calls.exceeded(e.Time, p.showOmitted) {
		p.describer.takeCall(e)
		return
	}
	p.print(p.describer.describe(e, plainWidth))
}

// showOmitted writes how many tool calls were not shown, if there are any.
func (p *plainView) showOmitted() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.printOmitted()
}

// printOmitted does the work of showOmitted. The caller holds mu.
func (p *plainView) printOmitted() {
	if n := p.calls.takeOmitted(); n > 0 {
		p.print([]block{p.describer.dimNote(plural(n, "more tool call") + " not shown (--json shows all)")})
	}
}

func (p *plainView) print(blocks []block) {
	for _, e := range blocks {
		if e.kind != agentBlock {
			p.stderrText.print(e)
			continue
		}
		io.WriteString(p.out, strings.TrimSuffix(e.plainText(), "\n")+"\n")
	}
}

func (p *plainView) echoed(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onScreen.add(line)
}

func (p *plainView) result(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	io.WriteString(p.out, text+"\n")
}

func (p *plainView) setHint(string) {}

func (p *plainView) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.printOmitted()
	p.print(p.describer.unfinished(plainWidth))
}

// maxCallsPerSecond is how many successful tool calls plainView shows in one second. Nobody reads
// more lines, and most of the time of a fast tool call would be spent on its line. Calls that have
// failed are always shown.
const maxCallsPerSecond = 100

// A callLimit counts the tool calls of one second. The view's mutex guards it.
type callLimit struct {
	began   time.Time // when the second began
	calls   int       // how many calls came since began
	omitted int       // how many calls were not shown since the last call of takeOmitted
}

// exceeded counts a call that has ended at the time now. It returns true if the call must not be
// shown. It then makes sure that report is called on another goroutine a second later.
func (l *callLimit) exceeded(now time.Time, report func()) bool {
	if now.Sub(l.began) >= time.Second {
		l.began, l.calls = now, 0
	}
	if l.calls++; l.calls <= maxCallsPerSecond {
		return false
	}
	if l.omitted++; l.omitted == 1 {
		time.AfterFunc(time.Second, report)
	}
	return true
}

// takeOmitted returns how many calls were not shown since it was last called.
func (l *callLimit) takeOmitted() int {
	n := l.omitted
	l.omitted = 0
	return n
}

// echoedLines are the lines that are already on the screen because the user typed them there, and
// for which no User event has come yet. When the event comes, the view does not show the line
// again.
type echoedLines []string

func (l *echoedLines) add(line string) {
	if len(*l) == maxQueuedLines {
		*l = (*l)[1:]
	}
	*l = append(*l, line)
}

// remove removes line from the list and returns true, or returns false if line is not in the list.
// It also removes the lines before it, because their User events will not come.
func (l *echoedLines) remove(line string) bool {
	i := slices.IndexFunc(*l, func(s string) bool { return strings.TrimSpace(s) == strings.TrimSpace(line) })
	*l = (*l)[i+1:]
	return i >= 0
}
