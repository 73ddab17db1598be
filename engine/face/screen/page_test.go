package screen_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/browser"
)

var update = flag.Bool("update", false, "write testdata/trees")

// clockText matches what the page shows of the day and the time.
var clockText = regexp.MustCompile(`[^"]* · \d\d:\d\d|\d\d:\d\d\.`)

// checkTree compares the accessibility tree of the page with a golden file.
func checkTree(t *testing.T, tab *browser.Tab, name string) {
	t.Helper()
	got := clockText.ReplaceAllString(tab.Tree(), "TIME")
	path := filepath.Join("testdata", "trees", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: the tree is\n%s\nwant\n%s", name, got, want)
	}
}

func TestTheAccessibilityTreesOfTheStates(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	tab := chromium.Open(t, k.url+"/screen", 1920, 1080)
	for _, state := range states {
		k.show(tab, state.name, state.ready)
		checkTree(t, tab, state.name)
		k.pictures(tab, state.name)
	}
	k.control.Close()
	tab.Until("document.querySelector('.dotted')")
	checkTree(t, tab, "lost")
	tab.PicturesAsItIs("screen-lost")
	k.serve("1.0")
	tab.Until("document.querySelector('.disc') && !document.querySelector('.dotted')")

	m := open(t, menu)
	tab.Go(m.url + "/screen")
	tab.UntilText("Bestellen")
	tab.Do("document.querySelector('.timer b').textContent = ''") // it changes each second
	checkTree(t, tab, "menu")
	tab.PicturesAsItIs("screen-menu")
}

func TestTheIdlePageWakesAndAQuestionIsAnswered(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour+`
		screen.show {}
		on("touch", function(e) if e.action == "wake" then
			local answer, why, code = screen.ask { title = "Print the ticket?", text = "It is for two people.", choices = { "Print", "No" } }
			screen.show { { text = answer or code, style = "title" } }
		end end)`)
	tab := chromium.Open(t, k.url+"/screen", 1920, 1080)
	k.show(tab, "waiting", ".idle")
	checkTree(t, tab, "idle")
	k.pictures(tab, "idle")
	tab.Click(".idle h1")
	tab.UntilText("Print the ticket?")
	checkTree(t, tab, "ask")
	k.pictures(tab, "ask")
	tab.Until("document.activeElement.textContent === 'Print'") // the keyboard can answer
	pause(tab)
	tab.Type("\r")
	tab.Until("document.querySelector('h2.title')?.textContent === 'Print'")
}

// pause waits until a press is not taken for the bounce of the one before.
func pause(tab *browser.Tab) {
	tab.Do("await new Promise((done) => setTimeout(done, 450))")
}

func TestAPressShowsWhatTheScriptAnswers(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	tab := chromium.Open(t, k.url+"/screen", 800, 480)
	tab.UntilText("Buy a ticket")
	tab.Tap(".key.first")
	tab.UntilText("Ticket for Sula")
	pause(tab)
	tab.Tap(".key:nth-child(3)")
	tab.UntilText("All ferries")
}

// Whatever a script or an agent says, the page shows it as text.
func TestHostileTextIsOnlyText(t *testing.T) {
	chromium.Need(t)
	evil := `<img src=x onerror=document.title='evil'><script>document.title='evil'</script>\u{202e}abc\u{200b}😀&lt;b>`
	evil = strings.NewReplacer(`\u{202e}`, "\u202e", `\u{200b}`, "\u200b").Replace(evil)
	k := open(t, fmt.Sprintf(`
		local x = %q
		screen.setup { title = x, linger = 0, texts = { stop = x } }
		screen.idle { title = x, hint = x, asks = { x } }
		screen.show {
			{ text = x, style = "title" }, { text = x, id = x }, { big = x, badge = x }, { list = { { x, x } }, title = x }, { cards = { { x, x, say = x } }, title = x },
			{ image = "<svg xmlns='http://www.w3.org/2000/svg' onload='1'><script>parent.document.title='evil'</script></svg>", alt = x, caption = x },
			{ chart = { kind = "bars", x = { x }, y = { 1 }, unit = x }, title = x, alt = x }, { qr = x, caption = x, detail = x },
			{ buttons = { { x, on_press = print, value = x } } }, { progress = 0.5, text = x }, { timer = 4102444800, text = x }, { text = ("w"):rep(4000) } }
		screen.note(x, 60)
		on_start(function() spawn(function() screen.ask { title = x, text = x, choices = { x } } end) end)`, evil))
	k.conversation("listening")
	k.bus.Publish(bus.Event{Type: bus.User, Text: evil})
	k.bus.Publish(bus.Event{Type: bus.Agent, Text: strings.Repeat(evil, 900), EventID: 1})
	k.bus.Publish(bus.Event{Type: bus.Speaking, EventID: 1})
	tab := chromium.Open(t, k.url+"/screen", 1920, 1080)
	tab.Until("document.querySelector('.dialog') && document.querySelector('.note p') && document.querySelector('.agent')")
	if got := browser.Eval[int](tab, "[...document.querySelectorAll('script')].length + [...document.querySelectorAll('img')].filter((i) => !i.src.includes('/screen/image?h=')).length"); got != 2 {
		t.Errorf("the page has %d scripts and pictures, want its own two scripts only", got)
	}
	if title := browser.Eval[string](tab, "document.title"); title == "evil" {
		t.Error("the text was run")
	}
	if browser.Eval[bool](tab, `document.body.textContent.includes("\u202e")`) {
		t.Error("the page has a character that turns the line")
	}
	if n := browser.Eval[int](tab, `[...document.body.querySelectorAll("*")].filter((e) => e.namespaceURI.endsWith("xhtml") && !["DIV", "P", "H1", "H2", "B", "SPAN", "EM", "UL", "LI", "BUTTON", "IMG", "FIGURE",
		"FIGCAPTION", "SECTION", "TABLE", "CAPTION", "TBODY", "TR", "TH", "TD", "NAV", "MAIN", "HEADER", "FOOTER", "PROGRESS", "I", "DEL"].includes(e.tagName)).length`); n > 0 {
		t.Errorf("the page has %d elements that it does not make", n)
	}
	if wide := browser.Eval[bool](tab, "document.documentElement.scrollWidth > innerWidth + 40"); wide {
		t.Error("a long word makes the page wider than the screen")
	}
	if _, err := k.scripts.Eval(t.Context(), k.path(), `screen.clear() screen.show {}`); err != nil {
		t.Fatal(err)
	}
	k.conversation("waiting")
	tab.Until("document.querySelectorAll('.idle .ask').length === 2")
	if title := browser.Eval[string](tab, "document.title"); title == "evil" || browser.Eval[int](tab, "document.querySelectorAll('.idle img, .idle script').length") > 0 {
		t.Error("the text of the idle page was run")
	}
}

func TestThePageComesBackAfterARestartWithTheNewestState(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	tab := chromium.Open(t, k.url+"/screen", 1920, 1080)
	tab.UntilText("17:15")
	tab.Do("window.same = true")
	k.control.Close()
	tab.Until("document.querySelector('.dotted')")
	if !browser.Eval[bool](tab, "document.querySelector('.key.first').disabled") {
		t.Error("the buttons are not off")
	}
	if _, err := k.scripts.Eval(t.Context(), k.path(), `screen.update("next", { big = "18:40" })`); err != nil {
		t.Fatal(err)
	}
	k.serve("1.0")
	tab.UntilText("18:40")
	tab.Until("!document.querySelector('.dotted') && !document.querySelector('.key.first').disabled && window.same")
	// a page of another version loads itself again when nobody uses it
	k.control.Close()
	k.serve("2.0")
	tab.Do("(await import('./screen/store.js')).active.value = 0")
	tab.Until("!window.same && document.querySelector('.key.first')")
}

func TestAButtonOfAnOldCopyOfTheScriptIsOff(t *testing.T) {
	chromium.Need(t)
	k := open(t, `screen.setup { linger = 0 } if not state.shown then state.shown = true
		screen.show { { buttons = { { "Buy", on_press = print }, { "Ask", say = "x" } } } } end`)
	tab := chromium.Open(t, k.url+"/screen", 800, 480)
	tab.UntilText("Buy")
	if _, err := k.scripts.Reload(k.path()); err != nil {
		t.Fatal(err)
	}
	tab.Until("document.querySelector('.key').disabled && !document.querySelectorAll('.key')[1].disabled")
}

func TestAPageLogsInWithTheTokenInItsAddress(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour, func(o *control.Options) { o.Token, o.ScreenToken = "secret", "hall" })
	tab := chromium.Open(t, k.url+"/screen#token=hall", 800, 480)
	tab.UntilText("17:15")
	tab.Until("location.hash === ''")
	if status := browser.Eval[int](tab, "fetch('healthz').then((a) => a.status)"); status != 403 {
		t.Errorf("the page of the screen may read /healthz: status %d", status)
	}
	tab.Reload()
	tab.UntilText("17:15") // the session is in a cookie
}

// The server may be starting while the page loads: the page keeps the token and tries again.
func TestAPageKeepsTheTokenUntilTheServerAnswers(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour, func(o *control.Options) { o.Token, o.ScreenToken = "secret", "hall" })
	target, err := url.Parse(k.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	var logins atomic.Int32
	starting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" && logins.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(starting.Close)
	tab := chromium.Open(t, starting.URL+"/screen#token=hall", 800, 480)
	tab.UntilText("17:15")
	tab.Until("location.hash === ''")
	tab.Go("about:blank") // the stream ends, and so can the server
}

// smallTargets returns the texts of the buttons that are smaller than 44 pixels, or not on the screen.
func smallTargets(tab *browser.Tab) []string {
	return browser.Eval[[]string](tab, `[...document.querySelectorAll("button")].filter((b) => {
		const r = b.getBoundingClientRect(), hidden = getComputedStyle(b).clipPath !== "none";
		return !hidden && !b.closest("[inert]") && (r.width < 44 || r.height < 44 || r.left < 0 || r.right > innerWidth || document.body.scrollHeight <= innerHeight && r.bottom > innerHeight);
	}).map((b) => b.textContent)`)
}

// Everything that can be touched is large enough, and nothing is covered or cut off.
func TestTheButtonsAreLargeEnough(t *testing.T) {
	chromium.Need(t)
	for name, page := range map[string]struct{ lua, ready string }{
		"harbour": {harbour, ".rest"},
		"idle":    {harbour + `screen.show {}`, ".idle"},
		"ask":     {harbour + `on_start(function() spawn(function() screen.ask { title = "Print the ticket?", choices = { "Print", "No" }, timeout = 600 } end) end)`, ".dialog"},
	} {
		k := open(t, page.lua)
		if name != "idle" {
			k.conversation("speaking")
		}
		tab := chromium.Open(t, k.url+"/screen", sizes[0][0], sizes[0][1])
		for _, size := range sizes {
			tab.Resize(size[0], size[1])
			tab.Until("document.querySelector('" + page.ready + "')")
			if small := smallTargets(tab); len(small) > 0 {
				t.Errorf("%s %dx%d: %q are too small or not on the screen", name, size[0], size[1], small)
			}
		}
	}
}

// On a screen of 7 inches, where a pixel is 0.19 mm, buttons of 15 mm need a greater scale.
func TestTheScaleMakesButtonsLarger(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour+`screen.setup { theme = { scale = 2.25 } }`)
	tab := chromium.Open(t, k.url+"/screen", 800, 480)
	tab.UntilText("17:15")
	tab.Until("document.querySelector('.keys .key').getBoundingClientRect().height >= 15 / 0.19")
	if small := smallTargets(tab); len(small) > 0 {
		t.Errorf("%q are not on the screen", small)
	}
}

// With reach = "low", everything that can be touched is in the lower part of the screen.
func TestLowReachKeepsButtonsInTheLowerPart(t *testing.T) {
	chromium.Need(t)
	k := open(t, menu+`screen.setup { reach = "low" }`)
	tab := chromium.Open(t, k.url+"/screen", sizes[0][0], sizes[0][1])
	tab.UntilText("Bestellen")
	for _, size := range sizes[:3] {
		tab.Resize(size[0], size[1])
		tab.Until(`[...document.querySelectorAll("button")].every((b) => b.getBoundingClientRect().top >= .4 * innerHeight)`)
	}
}

func TestThePageIsAccessible(t *testing.T) {
	chromium.Need(t)
	browser.NeedAxe(t)
	light := `screen.setup { theme = { scheme = "light" } }`
	ask := `screen.note("A note", 60) on_start(function() spawn(function() screen.ask { title = "Print?", text = "It is for two.", choices = { "Yes", "No" }, timeout = 600 } end) end)`
	var all []string
	ready := make(map[string]string)
	for _, state := range states {
		all = append(all, state.name)
		ready[state.name] = state.ready
	}
	for name, page := range map[string]struct {
		lua    string
		states []string
	}{
		"harbour": {harbour, all}, "harbour light": {harbour + light, all}, "menu": {menu, []string{"thinking"}}, "menu dark": {menu + `screen.setup { theme = { scheme = "dark" } }`, []string{"waiting"}},
		"idle": {harbour + "screen.show {}", []string{"waiting"}}, "idle light": {harbour + "screen.show {}" + light, []string{"waiting"}},
		"ask": {harbour + ask, []string{"speaking"}}, "ask light": {harbour + ask + light, []string{"speaking"}},
	} {
		k := open(t, page.lua)
		tab := chromium.Open(t, k.url+"/screen", sizes[0][0], sizes[0][1])
		check := func(state string) {
			for _, size := range sizes[:3] {
				tab.Resize(size[0], size[1])
				tab.Until("document.getAnimations().every((a) => a.playState !== 'running')")
				tab.CheckAccessibility(t, fmt.Sprintf("%s %s %dx%d", name, state, size[0], size[1]), "best-practice")
			}
		}
		for _, state := range page.states {
			k.conversation(state)
			tab.Until("document.querySelector('" + ready[state] + ", .idle')")
			check(state)
		}
		if len(page.states) > 1 {
			k.control.Close()
			tab.Until("document.querySelector('.dotted')")
			check("lost")
		}
	}
}

// A page that shows the same for days does not grow.
func TestThePageDoesNotGrow(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	k.conversation("listening")
	tab := chromium.Open(t, k.url+"/screen", 1920, 1080)
	tab.UntilText("17:15")
	count := func() int { return browser.Eval[int](tab, "document.querySelectorAll('*').length") }
	round := func(n int) {
		for i := range n {
			for _, state := range states {
				k.conversation(state.name)
			}
			if i%10 == 0 {
				k.scripts.Eval(t.Context(), k.path(), `screen.update("next", { badge = "now" }) screen.note("x", 1)`)
			}
		}
		k.conversation("listening")
		tab.Until("document.querySelector('.ring')")
	}
	round(20)
	before, costs := count(), tab.Metrics()
	round(500) // more than 10,000 events
	testkit.Until(t, "no note", func() bool { return k.screen.Document().Note == nil })
	tab.Until("!document.querySelector('.note p')")
	if after := count(); after > before+5 {
		t.Errorf("the page has %d elements, before %d", after, before)
	}
	compare(t, costs, tab.Metrics())
	// nothing moves while nothing happens; the whole page moves a little once a minute
	tab.Until("!document.getAnimations().some((a) => a.playState === 'running')")
}
