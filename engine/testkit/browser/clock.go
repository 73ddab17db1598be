package browser

import (
	_ "embed"
	"fmt"
	"testing"
	"time"
)

//go:embed clock.js
var clockScript string

// OpenWithClock is Open for a page whose clock the test can advance. The timers of the page run in real time too.
// A stream of events gets a message "beat" for each 5 s that Advance lets pass, as from a server that works.
func (b *Browser) OpenWithClock(t testing.TB, url string, width, height int64) *Tab {
	t.Helper()
	return b.open(t, url, width, height, clockScript)
}

// Advance lets time pass in a page of OpenWithClock. The timers that are due run in their order before it
// returns; messages of the server arrive only after that.
func (b *Tab) Advance(d time.Duration) {
	b.t.Helper()
	b.Do(fmt.Sprintf("clock.advance(%d)", d.Milliseconds()))
}

// AdvanceTo lets time pass until it is this time of the day for a page of OpenWithClock.
func (b *Tab) AdvanceTo(hour, minute int) {
	b.t.Helper()
	b.Do(fmt.Sprintf(`const at = new Date(); at.setHours(%d, %d, 0, 0);
		if (at < Date.now()) at.setDate(at.getDate() + 1);
		clock.advance(at - Date.now())`, hour, minute))
}

// SetHidden tells the page that it is hidden, or visible again, as when the user changes to another tab.
func (b *Tab) SetHidden(hidden bool) {
	b.t.Helper()
	state := "visible"
	if hidden {
		state = "hidden"
	}
	b.Do(fmt.Sprintf(`Object.defineProperty(document, "hidden", { configurable: true, get: () => %t });
		Object.defineProperty(document, "visibilityState", { configurable: true, get: () => %q });
		document.dispatchEvent(new Event("visibilitychange"))`, hidden, state))
}
