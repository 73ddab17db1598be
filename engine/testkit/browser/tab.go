package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// timeout is how long a tab may take for one step, on a busy machine.
const timeout = 30 * time.Second

// A Tab is one page in the browser. The test fails at its end if the page has had an error, has
// written an error to the console, or has violated its content security policy.
type Tab struct {
	t             testing.TB
	ctx           context.Context
	width, height int64 // of the page

	mu        sync.Mutex // guards the fields below
	problems  []string
	tolerated []string
}

// Tolerate makes the test pass although the page writes errors to the console that contain text.
func (b *Tab) Tolerate(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tolerated = append(b.tolerated, text)
}

// Open opens a page with this size in pixels. The tab is closed when the test ends.
func (b *Browser) Open(t testing.TB, url string, width, height int64) *Tab {
	t.Helper()
	return b.open(t, url, width, height, "")
}

// open opens a page. script runs before the scripts of each page in the tab.
func (b *Browser) open(t testing.TB, url string, width, height int64, script string) *Tab {
	t.Helper()
	b.Need(t)
	ctx, cancel := chromedp.NewContext(b.ctx)
	tab := &Tab{t: t, ctx: ctx, width: width, height: height}
	t.Cleanup(func() {
		tab.check()
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil { // the tab lasts as long as the context of this first call
		t.Fatal(err)
	}
	tab.do(chromedp.EmulateViewport(width, height))
	tab.watchConsole()
	if script != "" {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		if err != nil {
			t.Fatal(err)
		}
	}
	tab.do(chromedp.Navigate(url))
	return tab
}

// watchConsole collects the errors on the console, among them violations of the content security
// policy. Network errors are not problems, because tests cut connections, and neither is a header that
// has no effect without a secure context.
func (b *Tab) watchConsole() {
	b.t.Helper()
	messages := chromedp.Console(b.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return // the tab has been closed
			}
			if m.Source != "network" && !strings.Contains(m.String(), "Opener-Policy header has been ignored") && (m.IsException() || m.Type == "error" || m.Type == "assert") {
				b.mu.Lock()
				b.problems = append(b.problems, m.String())
				b.mu.Unlock()
			}
		}
	}()
}

// check fails the test if the page has had problems.
func (b *Tab) check() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		if slices.ContainsFunc(b.tolerated, func(text string) bool { return strings.Contains(p, text) }) {
			continue
		}
		b.t.Errorf("the page wrote an error to the console: %s", p)
	}
}

func (b *Tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, timeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// Eval returns the value of a JavaScript expression in the page. A promise is awaited.
func Eval[T any](b *Tab, expression string) T {
	b.t.Helper()
	value, err := eval[T](b, expression)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func eval[T any](b *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, timeout)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Do runs JavaScript statements in the page.
func (b *Tab) Do(statements string) {
	b.t.Helper()
	Eval[bool](b, "(async () => {"+statements+"\nreturn true })()")
}

// Until waits until a JavaScript expression is true. Meanwhile, the tab may go to another page.
func (b *Tab) Until(expression string) {
	b.t.Helper()
	for end := time.Now().Add(timeout); ; time.Sleep(20 * time.Millisecond) {
		isTrue, err := eval[bool](b, "!!("+expression+")")
		if isTrue {
			return
		}
		if err != nil && !strings.Contains(err.Error(), "navigated") {
			b.t.Fatalf("%s: %v", expression, err)
		}
		if time.Now().After(end) {
			b.t.Fatalf("not true within %v: %s\nthe page: %.3000s", timeout, expression, b.Text())
		}
	}
}

// Text returns the text of the page as a person sees it.
func (b *Tab) Text() string {
	b.t.Helper()
	return Eval[string](b, `document.body?.innerText ?? ""`)
}

// UntilText waits until the page shows a text.
func (b *Tab) UntilText(text string) {
	b.t.Helper()
	quoted, _ := json.Marshal(text) // encoding a string cannot fail
	b.Until("document.body?.innerText.includes(" + string(quoted) + ")")
}

// Click clicks the first element that a CSS selector matches, with a real mouse event.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	quoted, _ := json.Marshal(selector)
	b.Until("document.querySelector(" + string(quoted) + ")")
	at := Eval[[]float64](b, `(() => { const e = document.querySelector(`+string(quoted)+`); e.scrollIntoView({ block: "center" });
		const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`)
	b.do(chromedp.MouseClickXY(at[0], at[1]))
}

// Tap touches the middle of the first element that a CSS selector matches.
func (b *Tab) Tap(selector string) {
	b.t.Helper()
	quoted, _ := json.Marshal(selector)
	b.Until("document.querySelector(" + string(quoted) + ")")
	at := Eval[[]float64](b, `(() => { const r = document.querySelector(`+string(quoted)+`).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`)
	b.do(chromedp.TapXY(at[0], at[1]))
}

// Type types a text, or keys of package chromedp/kb, into the element that has the focus.
func (b *Tab) Type(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// Resize changes the size of the page in pixels.
func (b *Tab) Resize(width, height int64) {
	b.t.Helper()
	b.width, b.height = width, height
	b.do(chromedp.EmulateViewport(width, height))
}

// Prefer makes the page see a preference of the user, such as "prefers-color-scheme", "light".
func (b *Tab) Prefer(feature, value string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// Speak sets the languages that the browser prefers, such as "de-AT,en", for pages that are loaded from now on.
func (b *Tab) Speak(languages string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
		UserAgent: Eval[string](b, "navigator.userAgent"), AcceptLanguage: languages,
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// Reload loads the page again.
func (b *Tab) Reload() {
	b.t.Helper()
	b.do(chromedp.Reload())
}

// Go opens another page in the tab.
func (b *Tab) Go(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// Tree returns the accessibility tree of the page as indented text: for each node its role, its name in
// quotes and its state. It does not contain plain text that is the name of the node above.
func (b *Tab) Tree() string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, timeout)
	defer cancel()
	result, err := chromedp.Call(ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		b.t.Fatal(err)
	}
	byID := map[accessibility.NodeID]*accessibility.Node{}
	for _, n := range result.Nodes {
		byID[n.NodeID] = n
	}
	var text strings.Builder
	if len(result.Nodes) > 0 {
		writeNode(&text, byID, result.Nodes[0], 0, "")
	}
	return text.String()
}

// states are the properties that Tree shows.
var states = []string{"checked", "disabled", "expanded", "invalid", "level", "live", "pressed", "required", "selected"}

func writeNode(text *strings.Builder, byID map[accessibility.NodeID]*accessibility.Node, n *accessibility.Node, depth int, above string) {
	role, name := valueOf(n.Role), valueOf(n.Name)
	switch {
	case role == "InlineTextBox" || role == "StaticText" && (name == above || strings.TrimSpace(name) == ""):
		return
	case n.Ignored, role == "none", role == "generic" && name == "":
		depth-- // only its children count
	default:
		fmt.Fprintf(text, "%s%s", strings.Repeat("  ", depth), role)
		if name != "" {
			fmt.Fprintf(text, " %q", name)
		}
		if value := valueOf(n.Value); value != "" && value != name {
			fmt.Fprintf(text, " = %q", value)
		}
		for _, p := range n.Properties {
			for _, state := range states {
				if value := valueOf(p.Value); string(p.Name) == state && value != "false" && value != "" {
					fmt.Fprintf(text, " %s=%s", state, value)
				}
			}
		}
		text.WriteByte('\n')
		above = name
	}
	for _, id := range n.ChildIDs {
		if child := byID[id]; child != nil {
			writeNode(text, byID, child, depth+1, above)
		}
	}
}

func valueOf(v *accessibility.Value) string {
	if v == nil || len(v.Value) == 0 {
		return ""
	}
	var text any
	if json.Unmarshal(v.Value, &text) != nil || text == nil {
		return ""
	}
	return fmt.Sprint(text)
}
