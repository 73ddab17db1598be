package fleetpage

import (
	"fmt"
	"testing"
	"time"

	"moonlark/engine/face/control"
	"moonlark/engine/fleet/message"
	"moonlark/engine/testkit/browser"
)

// A page with 1,000 devices, which all send a heartbeat every second and of which 20 change each second, stays
// responsive and does not grow. The limits are far above what was measured.
func TestAThousandDevicesStaySmooth(t *testing.T) {
	chromium.Need(t)
	const devices = 1000
	f := newFixture(t)
	name := func(i int) string { return fmt.Sprintf("kiosk-%04d", i%devices) }
	for i := range devices {
		f.report(name(i), nil)
	}
	f.serve(control.Options{})
	began := time.Now()
	b := f.open("", 1600, 900)
	b.UntilText("1000 of 1000 devices online")
	t.Logf("shown after %v", time.Since(began).Round(time.Millisecond))
	round := 0
	change := func() {
		round++
		for i := range devices {
			f.report(name(i), func(s *message.State) {
				if i >= round*20 && i < round*20+20 {
					s.Status = "connected"
				}
			})
		}
		for i := range 20 {
			f.happens(name(i), message.LogKind, fmt.Sprintf(`{"type":"log","level":"info","text":"line %d of round %d"}`, i, round))
		}
	}
	change()
	b.UntilText("line 19 of round 1")
	before := b.Metrics()
	b.Do(`window.longest = 0;
		new PerformanceObserver((l) => { for (const e of l.getEntries()) longest = Math.max(longest, e.duration); }).observe({ type: "longtask" })`)
	const rounds = 6
	start := time.Now()
	for range rounds {
		change()
		time.Sleep(time.Second)
	}
	b.UntilText(fmt.Sprintf("line 19 of round %d", round))
	b.Until(fmt.Sprintf(`document.querySelectorAll(".device")[%d].textContent.includes("in a conversation")`, round*20))
	seconds := time.Since(start).Seconds()
	after := b.Metrics()
	longest := browser.Eval[float64](b, "longest")
	t.Logf("%.1f %% of a core, longest task %.0f ms, heap %.1f → %.1f MB, %.0f DOM nodes",
		(after.CPU-before.CPU)/seconds*100, longest, before.Heap/1e6, after.Heap/1e6, after.Nodes)
	if after.Heap > 40e6 || after.Heap > before.Heap+10e6 {
		t.Errorf("the heap has grown from %.1f to %.1f MB", before.Heap/1e6, after.Heap/1e6)
	}
	if share := (after.CPU - before.CPU) / seconds; share > 0.6 {
		t.Errorf("the page uses %.0f %% of a core", share*100)
	}
}
