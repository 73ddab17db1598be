package fleetpage

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/face/control"
	"moonlark/engine/fleet/message"
	"moonlark/engine/testkit/browser"
)

var update = flag.Bool("update", false, "write the golden trees again")

// sizes are the sizes of the screens that the page is for.
var sizes = [][2]int64{{1600, 900}, {1280, 800}, {800, 480}, {390, 844}, {1080, 1920}}

// varying matches what is different in each run of a test: times of the day, and durations.
var varying = regexp.MustCompile(`(\d{4}-\d\d-\d\d )?\b\d\d:\d\d:\d\d\b|\b\d+ (s|min)\b|[0-9a-f]{16}`)

// wantTree compares the accessibility tree of the page with the golden file.
func wantTree(t *testing.T, b *browser.Tab, name string) {
	t.Helper()
	got := varying.ReplaceAllString(b.Tree(), "*")
	path := "testdata/" + name + ".tree"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the tree of the page differs from %s (-update writes it):\n%s", path, got)
	}
}

// open opens the page.
func (f *fixture) open(at string, width, height int64) *browser.Tab {
	f.Helper()
	return chromium.Open(f.TB, f.url+"/fleet"+at, width, height)
}

// checkLooks checks the page in all sizes and schemes.
func checkLooks(t *testing.T, b *browser.Tab, name string) {
	t.Helper()
	for _, scheme := range browser.Schemes {
		b.Prefer("prefers-color-scheme", scheme)
		for _, size := range sizes {
			b.Resize(size[0], size[1])
			if browser.Eval[bool](b, "document.documentElement.scrollWidth > innerWidth") {
				t.Errorf("%s at %v: the page is wider than its window", name, size)
			}
			b.CheckAccessibility(t, fmt.Sprint(name, " ", size, scheme))
		}
	}
	b.Prefer("prefers-color-scheme", "")
	b.Resize(1600, 900)
}

func TestThePageShowsAFleet(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	b := f.open("", 1600, 900)
	for _, want := range []string{
		"5 of 6 devices online", "kiosk: shop 16 → shop 17", "the first devices · ", "good on 1 of 3", "offline for 23 d",
		"kiosk.lua:88: attempt to index 'printer' (a nil value)", "microphone: no such device", "the paper is almost empty", "factory scripts",
	} {
		b.UntilText(want)
	}
	wantTree(t, b, "fleet")
	b.Pictures("fleet")
	checkLooks(t, b, "fleet")
}

func TestThePageShowsADevice(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	b := f.open("#device=kiosk-00&tab=talk", 1600, 900)
	for _, want := range []string{"When are you open?", `opening_hours({"day":"today"})`, "We are open from 9 to 17."} {
		b.UntilText(want)
	}
	wantTree(t, b, "talk")
	b.Pictures("talk")
	checkLooks(t, b, "talk")
	b.Click("#tab-state")
	b.UntilText(`{"open":true}`)
	wantTree(t, b, "device")
	b.Pictures("device")
	checkLooks(t, b, "device")
	for _, tab := range []string{"log", "events"} {
		b.Click("#tab-" + tab)
		b.Until(`document.querySelector("#tab-` + tab + `").ariaSelected === "true" && document.querySelector(".entry")`)
		b.CheckAccessibility(t, tab)
	}
	b.Reload() // the address has the device and the tab
	b.Until(`document.querySelector("#tab-events")?.ariaSelected === "true" && document.querySelector(".entry code")?.innerText.includes('"version":17')`)
	b.Do(`location.hash = "#device=nobody"`)
	b.UntilText("The hub has not heard of nobody.")
}

func TestThePageIsInGerman(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	b := f.open("?lang=de", 1600, 900)
	for _, want := range []string{"5 von 6 Geräten online", "offline seit 23 Tagen", "gut auf 1 von 3", "im Gespräch", "auf Probe"} {
		b.UntilText(want)
	}
	wantTree(t, b, "german")
	checkLooks(t, b, "german")
	b.Do(`[...document.querySelectorAll(".device")][0].click()`)
	b.UntilText("Von seinen Skripten gemeldet")
	b.Click("#tab-talk")
	b.UntilText("ruft auf")
}

func TestThePageSaysWhatToDoWhenThereIsNothing(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.serve(control.Options{})
	b := f.open("", 1280, 800)
	b.UntilText("No device has joined yet")
	b.UntilText("Nothing has happened in this time.")
	b.CheckAccessibility(t, "empty")
	f.report("kiosk-00", nil)
	b.UntilText("1 of 1 device online")
	b.Click(".device")
	b.UntilText("a script reports a value with fleet.report")
	b.Click("#tab-talk")
	b.UntilText("run --fleet-share calls,talk")
}

func TestButtonsPauseResumeAndStopARollout(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	b := f.open("", 1280, 800)
	press := func(text string) {
		t.Helper()
		b.Until(`[...document.querySelectorAll(".rollout button")].some((e) => e.textContent === "` + text + `" && !e.disabled)`)
		b.Do(`[...document.querySelectorAll(".rollout button")].find((e) => e.textContent === "` + text + `").click()`)
	}
	press("Pause")
	b.UntilText("paused by anna@office")
	if r := f.status().Rollouts; len(r) != 1 || r[0].Paused != "anna@office" {
		t.Errorf("the rollouts are %+v", r)
	}
	press("Resume")
	b.UntilText("min left")
	press("Stop")
	b.UntilText("Stop? All devices go back to: shop 16")
	b.CheckAccessibility(t, "stop")
	press("Cancel")
	press("Stop")
	press("Stop")
	b.UntilText("kiosk: shop 17 stopped")
	if s := f.status(); len(s.Rollouts) != 0 || s.Ended["kiosk"].By != "anna@office" {
		t.Errorf("the rollouts are %+v, ended %+v", s.Rollouts, s.Ended)
	}
}

func TestTheErrorOfARolloutIsShown(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	b := f.open("", 1280, 800)
	b.UntilText("min left")
	b.Do(`window.fetch = async () => { throw new TypeError("no network") }`)
	b.Do(`document.querySelector(".rollout button").click()`)
	b.Until(`document.querySelector(".rollout [role=alert]")?.innerText === "Moonlark cannot be reached"`)
}

func TestCommandsReachADevice(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.shop()
	got := f.commands(message.Answer{Status: 202, Body: `{"ok":true}`})
	f.serve(control.Options{})
	b := f.open("#device=kiosk-00", 1280, 800)
	fill := func(n int, text string) {
		t.Helper()
		b.Do(fmt.Sprintf(`const e = document.querySelectorAll(".commands input")[%d]; e.value = %q; e.dispatchEvent(new Event("input", { bubbles: true }))`, n, text))
	}
	press := func(n int, told string) {
		t.Helper()
		b.Do(fmt.Sprintf(`document.querySelectorAll(".commands button")[%d].click()`, n))
		b.Until(fmt.Sprintf(`document.querySelector(".told").innerText === %q`, told))
	}
	var want []string
	arrives := func(command string) {
		t.Helper()
		want = append(want, command)
		f.until(command, func() bool { return slices.Equal(got(), want) })
	}
	b.UntilText("Start conversation")
	press(0, "Start conversation: done")
	arrives("kiosk-00 start")
	press(1, "End conversation: done")
	arrives("kiosk-00 stop")
	press(2, "Reload scripts: done")
	arrives("kiosk-00 reload")
	fill(0, "when are you open?")
	press(3, "Say: done")
	arrives(`kiosk-00 say {"text":"when are you open?"}`)
	b.Until(`document.querySelector(".commands input").value === ""`)
	fill(1, "bell")
	press(4, "Send event: done")
	arrives(`kiosk-00 event {"type":"bell"}`)
	fill(2, `{"times": 2}`)
	press(4, "Send event: done")
	arrives(`kiosk-00 event {"type":"bell","data":{"times":2}}`)
	fill(2, "twice")
	press(4, "Send event: done")
	arrives(`kiosk-00 event {"type":"bell","data":"twice"}`)

	f.commands(message.Answer{Status: 409, Body: `{"ok":false,"error":"there is no conversation"}`})
	press(1, "End conversation: there is no conversation")
	f.hub.Answer(nil)
	press(1, "End conversation: the device is not connected")
	b.CheckAccessibility(t, "error")
}

// The page shows what happens without a new request, and changes only the rows of the devices that have changed.
func TestThePageIsLive(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	b := f.open("", 1280, 800)
	b.UntilText("5 of 6 devices online")
	b.Do(`window.changed = new Set();
		new MutationObserver((all) => { for (const m of all) changed.add((m.target.closest ? m.target : m.target.parentElement).closest(".device")?.querySelector(".name").textContent ?? ""); })
			.observe(document.querySelector(".devices"), { subtree: true, childList: true, characterData: true, attributes: true });`)
	for _, name := range []string{"kiosk-00", "kiosk-01", "kiosk-02"} { // a heartbeat
		f.report(name, func(s *message.State) { s.Status = "waiting" })
	}
	f.report("kiosk-03", func(s *message.State) { s.Status = "connected" })
	f.happens("lab-1", message.LogKind, `{"type":"log","level":"error","text":"the lamp is broken"}`)
	b.UntilText("the lamp is broken")
	b.Until(`[...document.querySelectorAll(".device")][3].innerText.includes("in a conversation")`)
	if got := browser.Eval[[]string](b, `[...changed].sort()`); slices.Contains(got, "kiosk-04") || slices.Contains(got, "lab-1") || !slices.Contains(got, "kiosk-03") {
		t.Errorf("these rows have changed: %q", got)
	}
	b.Do(`[...document.querySelectorAll(".entry .link")].at(-1).click()`) // the name of the device
	b.UntilText("Close")
	b.Until(`document.querySelectorAll(".entry").length === 1`)
	f.happens("kiosk-00", message.LogKind, `{"type":"log","level":"info","text":"not of this device"}`)
	f.happens("lab-1", message.LogKind, `{"type":"log","level":"info","text":"a new lamp"}`)
	b.UntilText("a new lamp")
	if strings.Contains(b.Text(), "not of this device") {
		t.Error("the log of a device has a line of another")
	}
}

func TestAFilterAndKeysFindDevices(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	b := f.open("", 1280, 800)
	b.UntilText("6 devices")
	shown := func(want string) {
		t.Helper()
		b.Until(`[...document.querySelectorAll(".device .name")].map((e) => e.textContent).join(" ") === "` + want + `"`)
	}
	b.Do(`dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }))`)
	b.Until(`document.activeElement.id === "filter"`)
	b.Type("lab")
	shown("lab-1")
	b.UntilText("1 of 6 devices")
	choose := func(id string) {
		b.Do(`const e = document.querySelector("select"); e.value = "` + id + `"; e.dispatchEvent(new Event("change", { bubbles: true }))`)
	}
	choose("trouble")
	b.UntilText("No device is like this.")
	b.Do(`const e = document.querySelector("#filter"); e.value = ""; e.dispatchEvent(new Event("input", { bubbles: true }))`)
	shown("kiosk-01 kiosk-03")
	choose("offline")
	shown("kiosk-04")
	choose("all")
	shown("kiosk-00 kiosk-01 kiosk-02 kiosk-03 kiosk-04 lab-1")
	b.Do(`document.querySelector(".device").focus()`)
	for _, key := range []string{"ArrowDown", "ArrowDown", "ArrowUp"} {
		b.Do(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "` + key + `", bubbles: true, cancelable: true }))`)
	}
	b.Do(`document.activeElement.click()`)
	b.Until(`document.querySelector("#device-title")?.innerText === "kiosk-01"`)
	b.Do(`document.querySelector("#tab-state").focus();
		document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true }))`)
	b.Until(`document.activeElement.id === "tab-talk" && document.activeElement.ariaSelected === "true"`)
	b.Do(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }))`)
	b.Until(`!document.querySelector("#device-title") && document.activeElement.querySelector(".name")?.textContent === "kiosk-01"`)
	b.Resize(390, 844) // a phone, where the device is in place of the list
	b.Do(`document.activeElement.click()`)
	b.Until(`document.activeElement.id === "close"`)
	b.Click("#close")
	b.Until(`document.activeElement.querySelector(".name")?.textContent === "kiosk-01"`)
}

func TestThePageAsksForAToken(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{Token: "secret"})
	b := f.open("", 800, 480)
	b.UntilText("This fleet needs a token")
	b.CheckAccessibility(t, "login")
	enter := func(token string) {
		b.Do(`const e = document.querySelector("input"); e.value = "` + token + `"; e.dispatchEvent(new Event("input", { bubbles: true }))`)
		b.Click("form button")
	}
	enter("wrong")
	b.UntilText("the token is wrong")
	enter("secret")
	b.UntilText("5 of 6 devices online")
	other := chromium.Open(t, f.url+"/fleet#token=secret", 800, 480)
	other.UntilText("5 of 6 devices online")
	if hash := browser.Eval[string](other, "location.hash"); hash != "" {
		t.Errorf("the token is still in the address: %s", hash)
	}
}

func TestThePageSaysThatTheHubDoesNotAnswer(t *testing.T) {
	chromium.Need(t)
	f := newFixture(t)
	f.shop()
	f.serve(control.Options{})
	b := f.open("", 1280, 800)
	b.UntilText("5 of 6 devices online")
	f.hub.Fail(errors.New("the hub has no disk space"))
	f.report("kiosk-00", nil) // wakes the hub
	b.UntilText("The hub does not answer, so this is old: the hub has no disk space")
	b.Until(`document.querySelector(".sheet [role=alert]")?.innerText === "the hub has no disk space"`)
	b.CheckAccessibility(t, "hub trouble")
	if !strings.Contains(b.Text(), "kiosk-04") {
		t.Error("the devices are gone")
	}
	f.hub.Fail(nil)
	b.Until(`!document.querySelector("[role=alert]")`)
	b.UntilText("the paper is almost empty")
}
