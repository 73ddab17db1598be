package screen_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/browser"
)

// behindProxy serves the kiosk behind a proxy, which asks refuse for each request whether it answers 503 itself.
func (k *kiosk) behindProxy(refuse func(path string) bool) (address string) {
	k.t.Helper()
	target, err := url.Parse(k.url)
	if err != nil {
		k.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse(r.URL.Path) {
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	k.t.Cleanup(server.Close)
	k.t.Cleanup(server.CloseClientConnections)
	return server.URL
}

// openWithClock serves a kiosk with this script, and opens its page with a clock that the test sets.
func openWithClock(t *testing.T, source string, width, height int64) (*kiosk, *browser.Tab) {
	t.Helper()
	chromium.Need(t)
	k := open(t, source)
	return k, chromium.OpenWithClock(t, k.url+"/screen", width, height)
}

// pages waits until this number of pages is open.
func (k *kiosk) pages(n int) {
	k.t.Helper()
	testkit.Until(k.t, "the pages", func() bool { return len(k.screen.Pages()) == n })
}

// An EventSource that has got the status 503 is closed for ever, so the page has to open another one.
func TestThePageComesBackAfterAnAnswer503(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	var refused atomic.Int32
	tab := chromium.Open(t, k.behindProxy(func(path string) bool {
		return strings.HasSuffix(path, "/events") && refused.Add(1) == 1
	})+"/screen", 800, 480)
	tab.UntilText("17:15")
	if n := refused.Load(); n != 2 {
		t.Errorf("the page has opened its stream %d times, want 2", n)
	}
}

// A file that cannot be loaded must not leave the page empty for ever.
func TestAPageThatCannotStartLoadsItselfAgain(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	var refused atomic.Int32
	tab := chromium.OpenWithClock(t, k.behindProxy(func(path string) bool {
		return strings.HasSuffix(path, "/blocks.js") && refused.Add(1) == 1
	})+"/screen", 800, 480)
	tab.Until("document.readyState === 'complete'")
	if tab.Text() != "" {
		t.Fatal("the page has started without one of its files")
	}
	tab.Advance(40 * time.Second)
	tab.UntilText("17:15")
}

func TestAHiddenPageClosesItsStreamAndComesBack(t *testing.T) {
	k, tab := openWithClock(t, harbour, 800, 480)
	tab.UntilText("17:15")
	k.pages(1)
	tab.SetHidden(true)
	tab.Advance(20 * time.Second)
	if n := len(k.screen.Pages()); n != 1 {
		t.Errorf("after 20 s, %d pages are open", n)
	}
	tab.Advance(11 * time.Second)
	k.pages(0)
	if _, err := k.scripts.Eval(t.Context(), k.path(), `screen.update("next", { big = "18:40" })`); err != nil {
		t.Fatal(err)
	}
	tab.SetHidden(false)
	tab.UntilText("18:40")
	k.pages(1)
}

// A connection can die without a word, for example in a router. The page notices that the beats stay away.
func TestAPageWithoutBeatsOpensItsStreamAgain(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	var opened atomic.Int32
	tab := chromium.OpenWithClock(t, k.behindProxy(func(path string) bool {
		if strings.HasSuffix(path, "/events") {
			opened.Add(1)
		}
		return false
	})+"/screen", 800, 480)
	tab.UntilText("17:15")
	tab.Do("clock.beats = false")
	tab.Advance(17 * time.Second)
	tab.Until("!document.querySelector('.dotted')")
	testkit.Until(t, "a second stream", func() bool { tab.Advance(time.Second); return opened.Load() == 2 })
	k.pages(1)
}

// After each kind of trouble, the page shows the same as a page that has just come.
func TestAPageAfterARestartEqualsANewOne(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	tab := chromium.Open(t, k.url+"/screen", 1920, 1080)
	k.show(tab, "speaking", ".rest")
	for range 2 {
		k.control.Close()
		tab.Until("document.querySelector('.dotted')")
		k.serve("1.0")
		tab.Until("!document.querySelector('.dotted')")
	}
	k.show(tab, "interrupted", "del")
	fresh := chromium.Open(t, k.url+"/screen", 1920, 1080)
	k.show(fresh, "interrupted", "del")
	if got, want := clockText.ReplaceAllString(tab.Tree(), "TIME"), clockText.ReplaceAllString(fresh.Tree(), "TIME"); got != want {
		t.Errorf("the page shows\n%s\nwant\n%s", got, want)
	}
	k.pages(2)
}

func TestThePageWorksWithoutASecureContext(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour, func(o *control.Options) { o.Names = []string{"kiosk.test"} })
	url := strings.Replace(k.url, "127.0.0.1", "kiosk.test", 1)
	tab := chromium.Open(t, url+"/screen", 800, 480)
	tab.UntilText("17:15")
	if browser.Eval[bool](tab, "isSecureContext") {
		t.Fatal("the context is secure")
	}
	tab.Tap(".key.first")
	tab.UntilText("Ticket for Sula")
	tab.Go(url + "/screen/diagnostics")
	tab.UntilText("--unsafely-treat-insecure-origin-as-secure=" + url)
	tab.Until("[...document.querySelectorAll('button')].some((b) => b.textContent === 'Try the microphone' && b.disabled)")
}

func TestThePageLoadsItselfAgainOnceADayInTheNight(t *testing.T) {
	k, tab := openWithClock(t, harbour+"screen.show {}", 800, 480)
	tab.Until("document.querySelector('.idle')")
	tab.Do("window.same = true")
	tab.AdvanceTo(4, 30)
	tab.Advance(20 * time.Hour)
	if !browser.Eval[bool](tab, "window.same") {
		t.Fatal("the page has loaded itself again on its first day")
	}
	k.conversation("speaking") // somebody uses it
	tab.Until("document.querySelector('.rest')")
	tab.Advance(8 * time.Hour)
	tab.Until("document.querySelector('.rest')")
	if !browser.Eval[bool](tab, "window.same") {
		t.Fatal("the page has loaded itself again during a conversation")
	}
	k.conversation("waiting")
	tab.Until("document.querySelector('.voice[data-phase=waiting]')")
	tab.Advance(2 * time.Minute) // nobody uses it any more
	tab.Until("!window.same && document.querySelector('.idle')")
}

func TestThePageLoadsItselfAgainAfterAnErrorOnceAMinute(t *testing.T) {
	k, tab := openWithClock(t, harbour, 800, 480)
	fail := func() {
		tab.UntilText("17:15")
		tab.Do("window.same = true; window.dispatchEvent(new ErrorEvent('error', { error: new Error('a fault') }))")
	}
	fail()
	tab.Advance(2 * time.Second)
	tab.Until("!window.same")
	fail()
	tab.Advance(20 * time.Second)
	if !browser.Eval[bool](tab, "window.same") {
		t.Fatal("the page has loaded itself again twice in a minute")
	}
	k.control.Close() // now a reload would end on a page of the browser
	tab.Until("document.querySelector('.dotted')")
	tab.Advance(2 * time.Minute)
	k.serve("1.0")
	tab.Until("!document.querySelector('.dotted')")
	tab.Advance(2 * time.Minute)
	tab.Until("!window.same && document.querySelector('.key.first')")
}

func TestTheWakeLockIsAskedForAgainWhenThePageIsShown(t *testing.T) {
	_, tab := openWithClock(t, harbour, 800, 480)
	tab.UntilText("17:15")
	tab.Do("window.asked = 0; navigator.wakeLock.request = async () => { asked++; }")
	tab.SetHidden(true)
	tab.SetHidden(false)
	if n := browser.Eval[int](tab, "asked"); n != 1 {
		t.Errorf("the page has asked %d times", n)
	}
}

func TestInTheNightOnlyADarkClockIsShown(t *testing.T) {
	k, tab := openWithClock(t, harbour+`screen.setup { night = "22:00-06:00", idle = 45 }`, 1920, 1080)
	tab.AdvanceTo(21, 58)
	tab.UntilText("17:15")
	tab.AdvanceTo(22, 1)
	tab.Until("document.querySelector('.night') && !document.querySelector('.key')")
	checkTree(t, tab, "night")
	tab.CheckAccessibility(t, "night", "best-practice")
	tab.Tap(".night h1") // a touch wakes the page
	tab.UntilText("17:15")
	tab.Advance(46 * time.Second)
	tab.Until("document.querySelector('.night')")
	k.conversation("speaking") // and so does a conversation
	tab.Until("document.querySelector('.rest')")
	k.conversation("waiting")
	tab.AdvanceTo(6, 0)
	tab.UntilText("17:15")
}

func TestNothingStaysAtTheSamePlace(t *testing.T) {
	_, tab := openWithClock(t, harbour+"screen.show {}", 1920, 1080)
	tab.Until("document.querySelector('.idle')")
	seen := map[string]bool{}
	words := map[string]bool{}
	for range 60 {
		tab.Advance(time.Minute)
		shift := browser.Eval[[]float64](tab, "document.getElementById('app').style.translate.split(' ').map(parseFloat)")
		if len(shift) == 1 {
			shift = append(shift, 0)
		}
		if x, y := shift[0], shift[1]; x < -6 || x > 6 || y < -6 || y > 6 {
			t.Fatalf("the page is moved by %v", shift)
		}
		seen[browser.Eval[string](tab, "document.getElementById('app').style.translate")] = true
		tab.Until("document.querySelector('.words')")
		words[browser.Eval[string](tab, "document.querySelector('.words').style.translate")] = true
	}
	if len(seen) != 8 || len(words) != 6 {
		t.Errorf("in an hour, the page has had %d places and the words of the idle page %d", len(seen), len(words))
	}
	tab.Prefer("prefers-reduced-motion", "reduce")
	if got := browser.Eval[string](tab, "getComputedStyle(document.getElementById('app')).transitionDuration"); got != "0s" {
		t.Errorf("with reduced motion, the page glides for %s", got)
	}
}

func TestASecondPressWithin400msIsIgnored(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	var touches atomic.Int32
	k.bus.Subscribe(func(t bus.Type) bool { return t == bus.Touch }, func(bus.Event) { touches.Add(1) })
	tab := chromium.OpenWithClock(t, k.url+"/screen", 800, 480)
	tab.UntilText("17:15")
	tab.Do("const key = document.querySelector('.key.first'); key.click(); key.click(); clock.advance(399 - 300); key.click()")
	testkit.Until(t, "a touch", func() bool { return touches.Load() == 1 })
	tab.Advance(400 * time.Millisecond)
	tab.Do("document.querySelector('.key.first').click()")
	testkit.Until(t, "the second touch", func() bool { return touches.Load() == 2 })
}

func TestAPressCountsAsSoonAsThePageHasLoaded(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour)
	tab := chromium.Open(t, k.url+"/screen", 800, 480)
	tab.UntilText("17:15")
	tab.Do("performance.now = () => 100; document.querySelector('.key.first').click()") // the page is 100 ms old
	tab.UntilText("Ticket for Sula")
}

// A page that nobody uses for hours, and then for a moment, stays as it is. With -long it is a day.
func TestThePageDoesNotGrowInADay(t *testing.T) {
	chromium.Need(t)
	hours := 1
	if *testkit.Long {
		hours = 23 // after a day, the page loads itself again
	}
	k := open(t, harbour+"screen.setup { linger = 60, idle = 45 }")
	tab := chromium.OpenWithClock(t, k.url+"/screen", 1920, 1080)
	tab.UntilText("17:15")
	tab.Do("window.same = true")
	visit := func() {
		if _, err := k.scripts.Eval(t.Context(), k.path(), "show()"); err != nil {
			t.Fatal(err)
		}
		for _, state := range []string{"listening", "thinking", "speaking", "listening", "waiting"} {
			k.conversation(state)
			tab.Until("document.querySelector('.voice[data-phase=" + state + "]')")
			tab.Advance(5 * time.Second)
		}
		tab.Advance(10 * time.Minute)
		tab.Until("document.querySelector('.idle')")
	}
	visit()
	visit()
	before := tab.Metrics()
	for range 6 * hours {
		visit()
	}
	after := tab.Metrics()
	if !browser.Eval[bool](tab, "window.same") {
		t.Fatal("the page has loaded itself again")
	}
	compare(t, before, after)
	tab.Until("!document.getAnimations().some((a) => a.playState === 'running')")
}

// compare fails the test if a page has grown.
func compare(t *testing.T, before, after browser.Metrics) {
	t.Helper()
	t.Logf("before: %+v, after: %+v", before, after)
	if after.Heap > before.Heap+1e6 || after.Nodes > before.Nodes+300 || after.Listeners > before.Listeners+20 {
		t.Errorf("the page has grown: %+v, before %+v", after, before)
	}
}

// An idle page costs less than 2 % of a core, and draws nothing.
func TestAnIdlePageCostsNothing(t *testing.T) {
	chromium.Need(t)
	k := open(t, harbour+"screen.show {}")
	tab := chromium.Open(t, k.url+"/screen", 1920, 1080)
	tab.Until("document.querySelector('.idle') && !document.getAnimations().some((a) => a.playState === 'running')")
	tab.Do("window.frames = 0; const real = requestAnimationFrame; window.requestAnimationFrame = (f) => { frames++; return real(f); }")
	before, began := tab.CPU(), time.Now()
	time.Sleep(6 * time.Second)
	cost := (tab.CPU() - before) / time.Since(began).Seconds()
	t.Logf("%.2f %% of a core", 100*cost)
	if cost > 0.02 {
		t.Errorf("an idle page costs %.1f %% of a core", 100*cost)
	}
	if n := browser.Eval[int](tab, "frames"); n > 10 {
		t.Errorf("the page has asked for %d frames", n)
	}
}
