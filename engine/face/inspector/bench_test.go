package inspector

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/remote"
	"moonlark/engine/testkit/browser"
)

// BenchmarkDisplay reports the time from the publication of an event until the page has drawn the frame that
// shows it. Program and browser have the same clock, which the browser reads with a precision of 1 ms.
func BenchmarkDisplay(b *testing.B) {
	chromium.Need(b)
	f := start(b, lights, control.Options{})
	tab := chromium.Open(b, f.url+"/inspect", 1440, 810)
	tab.UntilText("set_light")
	tab.Do(`window.shown = {};
		new MutationObserver(() => {
			const text = document.querySelector(".right > .log")?.innerText ?? "";
			for (const [word] of text.matchAll(/bench-\d+/g)) {
				if (word in shown) continue;
				shown[word] = 0;
				requestAnimationFrame(() => setTimeout(() => { shown[word] = Date.now(); }));
			}
		}).observe(document.body, { subtree: true, childList: true, characterData: true });`)
	var took []time.Duration
	n := 0
	for b.Loop() {
		n++
		word := "bench-" + strconv.Itoa(n)
		began := time.Now()
		f.bus.Publish(bus.Event{Type: bus.Print, Script: "lights.lua", Text: word})
		tab.Until("shown[" + strconv.Quote(word) + "] > 0")
		took = append(took, time.UnixMilli(browser.Eval[int64](tab, "shown["+strconv.Quote(word)+"]")).Sub(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
}

// BenchmarkToolCall measures a tool call without an inspector, with one that nobody looks at, and with one that
// is open in a browser.
func BenchmarkToolCall(b *testing.B) {
	for _, name := range []string{"no inspector", "no page", "one page"} {
		b.Run(name, func(b *testing.B) {
			f := start(b, lights, control.Options{})
			switch name {
			case "no inspector":
				f.sub.Close(time.Second)
			case "one page":
				chromium.Need(b)
				chromium.Open(b, f.url+"/inspect", 1440, 810).UntilText("set_light")
			}
			for b.Loop() {
				if _, err := f.engine.Remote().CallTool(b.Context(), "plain", nil, remote.CallOptions{ID: "bench", Client: "bench"}); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				time.Sleep(time.Millisecond) // calls do not come without a pause
				b.StartTimer()
			}
		})
	}
}
