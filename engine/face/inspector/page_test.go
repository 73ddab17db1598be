package inspector

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/face/web"
	"moonlark/engine/testkit/browser"
)

var update = flag.Bool("update", false, "write the golden trees again")

// sizes are the sizes of the screens that the page is for.
var sizes = [][2]int64{{1600, 900}, {1280, 800}, {800, 480}, {390, 844}, {1080, 1920}}

// varying matches what is different in each run of a test: times of the day, durations and ids.
var varying = regexp.MustCompile(`\b\d\d:\d\d(:\d\d)?\b|conv_\w+|call_\w+|/tmp/\S*/|tools? · (< )?\d+ ms`)

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

func TestThePageShowsAConversationByVoice(t *testing.T) {
	f := start(t, lights, control.Options{})
	f.showConversation(f.engine.Remote())
	b := chromium.Open(t, f.url+"/inspect", 1600, 900)
	b.UntilText("ElevenLabs agent")
	b.UntilText("hall on")
	b.Do(`[...document.querySelectorAll(".line.call")].find((e) => e.textContent.includes("Sula\")✗") || e.textContent.includes("no tide")).click()`)
	b.UntilText("What the agent got")
	for _, want := range []string{
		"understand 0.41 · decide 0.52 · set_light 0.01 · answer 0.30 · voice 0.24", "1.48 s to the first word", "interrupted",
		"lights.lua was not reloaded: lights.lua:18: '}' expected near 'handler'", "lights.lua reloaded · 3 tools · 4 ms",
	} {
		b.UntilText(want)
	}
	wantTree(t, b, "conversation")
	b.Pictures("conversation")
	for _, scheme := range []string{"dark", "light"} {
		b.Prefer("prefers-color-scheme", scheme)
		for _, size := range sizes {
			b.Resize(size[0], size[1])
			if browser.Eval[bool](b, "document.documentElement.scrollWidth > innerWidth") {
				t.Errorf("at %v, the page is wider than its window", size)
			}
			b.CheckAccessibility(t, fmt.Sprint("conversation ", size, scheme))
		}
	}
	b.Resize(390, 844)
	for i, view := range []string{"talk", "details", "tools"} {
		b.Click(fmt.Sprintf(".views button:nth-child(%d)", i+1))
		b.Pictures(view)
		b.CheckAccessibility(t, "phone "+view)
	}
}

func TestThePageSaysWhatToDoWhenThereIsNothing(t *testing.T) {
	f := start(t, "", control.Options{})
	b := chromium.Open(t, f.url+"/inspect", 1280, 800)
	b.UntilText("No script has a tool yet")
	b.UntilText("Start a conversation above")
	wantTree(t, b, "empty")
	b.Pictures("empty")
	for _, tab := range []string{"state", "events", "log", "llm", "link", "devices", "call"} {
		b.Click("#tab-" + tab)
		b.Until("document.querySelector('#tab-" + tab + "').ariaSelected === 'true'")
		b.CheckAccessibility(t, tab)
	}
	b.Click(".top .btn:not(.quiet)")
	b.UntilText("End conversation")
	b.UntilText("Listening")
}

// The arguments that arrive in Lua have the types of the schema. An optional field that is empty is
// left out.
func TestAFormMakesTypedArguments(t *testing.T) {
	f := start(t, lights, control.Options{})
	b := chromium.Open(t, f.url+"/inspect", 1600, 1200)
	b.UntilText("set_light")
	choose := func(tool string) {
		b.Do(`[...document.querySelectorAll(".tools li button")].find((e) => e.textContent.startsWith("` + tool + `")).click()`)
		b.Until(`document.querySelector(".form")?.ariaLabel === "Try ` + tool + `"`)
	}
	fill := func(id, text string) {
		b.Do(`const e = document.getElementById("f-` + id + `"); e.value = ` + fmt.Sprintf("%q", text) + `; e.dispatchEvent(new Event("input", { bubbles: true }))`)
	}
	result := func(want string) {
		b.Click(".form .btn.solid")
		b.Until(`document.querySelector(".tried pre")?.innerText.replace(/\s+/g, " ").trim() === ` + fmt.Sprintf("%q", want))
	}
	choose("set_light")
	fill("room", "0")
	result(`room "hall"`)
	fill("on", "false")
	fill("level", "40")
	fill("scene.name", "evening")
	fill("scene.speed", "0.5")
	fill("colours", `["red", "blue"]`)
	b.Click(".form .btn.solid")
	b.Until(`document.querySelector(".tried pre")?.innerText.includes("evening")`)
	got := browser.Eval[string](b, `document.querySelector(".tried pre").innerText.replace(/\s+/g, " ")`)
	for _, want := range []string{`room "hall"`, "on false", "level 40", `name "evening"`, "speed 0.5", `0 "red" 1 "blue"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	fill("level", "bright")
	b.Click(".form .btn.solid")
	b.UntilText("level: want a number")
	fill("level", "400")
	b.Click(".form .btn.solid")
	b.UntilText("failed ·") // the schema allows at most 100, says Lua

	choose("plain")
	b.UntilText("It has no parameters.")
	b.Click(".form .btn.solid")
	b.Until(`document.querySelector(".tried pre")?.innerText === "plain text"`)

	choose("anything")
	fill("", `{"a": [1, {"b": null}], "c": 1e3}`)
	b.Click(".form .btn.solid")
	b.Until(`document.querySelector(".tried pre")?.innerText.includes("1000")`)
	b.Do(`document.activeElement.blur(); dispatchEvent(new KeyboardEvent("keydown", { key: "r", bubbles: true }))`)
	b.Pictures("form")
	b.CheckAccessibility(t, "form")
}

func TestHostileTextIsShownAsText(t *testing.T) {
	f := start(t, lights, control.Options{})
	b := chromium.Open(t, f.url+"/inspect", 1600, 900)
	b.UntilText("set_light")
	const img = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
	long := strings.Repeat("x", 100<<10)
	for _, text := range []string{img, "\u202e\u200b\x1b[31m\u0085", long, "👩‍👧 \u0301\u0301"} {
		r := text
		args, _ := json.Marshal(map[string]string{text: text})
		f.stream.Note(bus.Event{Type: bus.User, Time: time.Now(), Text: text})
		f.stream.Note(bus.Event{Type: bus.ToolCall, Time: time.Now(), Tool: text, CallID: text, Args: args, Script: text})
		f.stream.Note(bus.Event{Type: bus.ToolResult, Time: time.Now(), Tool: text, CallID: text, Result: &r, Script: text, IsError: true})
		f.stream.Note(bus.Event{Type: bus.Agent, Time: time.Now(), Text: text})
		f.stream.Note(bus.Event{Type: bus.Print, Time: time.Now(), Text: text, Script: text})
		f.stream.Note(bus.Event{Type: bus.ReloadFailed, Time: time.Now(), Text: text, Hint: text, Script: text})
		f.stream.Note(bus.Event{Type: bus.Activity, Time: time.Now(), Tab: "mqtt", Script: text, Fields: map[string]any{"topic": text, "payload": text, "direction": text}})
		f.stream.Note(bus.Event{Type: bus.Disconnected, Time: time.Now(), Text: text, ConversationID: text})
	}
	b.UntilText("👩‍👧")
	for i := range 3 {
		b.Do(fmt.Sprintf(`document.querySelectorAll(".call-name")[%d].click()`, i))
		b.UntilText("What the agent got")
	}
	for _, tab := range []string{"events", "log", "mqtt", "link"} {
		b.Until(`document.getElementById("tab-` + tab + `")`)
		b.Click("#tab-" + tab)
		if tab == "mqtt" {
			b.Until(`document.querySelectorAll("td").length > 10`)
			b.Click("td .link")
			b.Until(`document.querySelector("td pre")`)
			b.UntilText(`\u{202e}\u{200b}\u{1b}[31m\u{85}`)
		}
	}
	b.UntilText(`\u{202e}\u{200b}\u{1b}[31m\u{85}`)
	if n := browser.Eval[int](b, `document.querySelectorAll("img, script:not([src]), iframe").length`); n > 0 {
		t.Errorf("%d elements come from a text", n)
	}
	if title := browser.Eval[string](b, "document.title"); title != "Moonlark · inspector" {
		t.Errorf("the title is %s", title)
	}
	if n := browser.Eval[int](b, "document.body.innerText.length"); n > 200_000 {
		t.Errorf("the page has %d characters", n)
	}
}

func TestThePageComesBackAfterTheServer(t *testing.T) {
	f := start(t, lights, control.Options{})
	b := chromium.Open(t, f.url+"/inspect", 1280, 800)
	f.stream.Note(bus.Event{Type: bus.User, Time: time.Now(), Text: "first words"})
	b.UntilText("first words")
	f.restart(f.stream) // the network was away
	f.stream.Note(bus.Event{Type: bus.User, Time: time.Now(), Text: "second words"})
	b.UntilText("second words")
	if n := browser.Eval[int](b, `document.querySelector(".thread").innerText.split("first words").length - 1`); n != 1 {
		t.Errorf("the first words are shown %d times", n)
	}
	next := web.NewStream(web.StreamOptions{Version: "v2"}) // another process
	next.SetAgent(f.engine.Remote())
	next.Note(bus.Event{Type: bus.User, Time: time.Now(), Text: "words of another process"})
	f.restart(next)
	b.UntilText("words of another process")
	b.UntilText("Moonlark has been updated")
	if strings.Contains(b.Text(), "first words") {
		t.Error("the page still shows the events of the old process")
	}
	b.UntilText("live")
}

func TestThePageLogsInWithTheTokenOfItsAddress(t *testing.T) {
	f := start(t, lights, control.Options{Token: "moon light"})
	b := chromium.Open(t, f.url+"/inspect#token=moon+light", 1280, 800)
	b.UntilText("set_light")
	if hash := browser.Eval[string](b, "location.hash"); strings.Contains(hash, "token") {
		t.Errorf("the address still has the token: %s", hash)
	}
	b.Reload()
	b.UntilText("set_light")
	if cookie := browser.Eval[string](b, "document.cookie"); cookie != "" {
		t.Errorf("scripts of the page can read the cookie %s", cookie)
	}
}

func TestThePageAsksForTheToken(t *testing.T) {
	token := fmt.Sprint("token ", time.Now().UnixNano()) // the browser has a session of another run
	f := start(t, lights, control.Options{Token: token})
	b := chromium.Open(t, strings.Replace(f.url, "127.0.0.1", "localhost", 1)+"/inspect", 1280, 800)
	b.UntilText("This agent needs a token")
	wantTree(t, b, "login")
	b.Pictures("login")
	b.Click(".login input")
	b.Type("wrong\r")
	b.UntilText("the token is wrong")
	b.Do(`const e = document.querySelector(".login input"); e.value = "` + token + `"; e.dispatchEvent(new Event("input", { bubbles: true }))`)
	b.Click(".login button")
	b.UntilText("set_light")
}

// The token may change while the page is open: the program is started again with another one.
func TestThePageAsksForANewToken(t *testing.T) {
	f := start(t, lights, control.Options{Token: "first"})
	b := chromium.Open(t, f.url+"/inspect#token=first", 1280, 800)
	b.UntilText("set_light")
	f.server.Close()
	b.Until("document.querySelector('.link-state.lost')")
	f.opts.Token = "second"
	f.restart(f.stream)
	b.UntilText("This agent needs a token")
}

func TestThePageStaysSmall(t *testing.T) {
	f := start(t, lights, control.Options{})
	b := chromium.Open(t, f.url+"/inspect", 1280, 800)
	b.UntilText("set_light")
	result := "ok"
	flood := func(n int) {
		for i := range n {
			id := fmt.Sprint("call_", i)
			f.stream.Note(bus.Event{Type: bus.User, Time: time.Now(), Text: fmt.Sprint("words ", i)})
			f.stream.Note(bus.Event{Type: bus.ToolCall, Time: time.Now(), Tool: "plain", CallID: id})
			f.stream.Note(bus.Event{Type: bus.ToolResult, Time: time.Now(), Tool: "plain", CallID: id, Result: &result, Seconds: 0.1})
			f.stream.Note(bus.Event{Type: bus.Print, Time: time.Now(), Text: "printed"})
			if i%200 == 199 {
				time.Sleep(50 * time.Millisecond) // as long as a page takes to read them
			}
		}
		f.stream.Note(bus.Event{Type: bus.User, Time: time.Now(), Text: fmt.Sprint("end of ", n)})
		b.UntilText(fmt.Sprint("end of ", n))
	}
	flood(500)
	first := browser.Eval[int](b, `document.querySelectorAll("*").length`)
	flood(2001)
	if second := browser.Eval[int](b, `document.querySelectorAll("*").length`); second > first+first/5 || second > 12_000 {
		t.Errorf("the page has %d elements after 2,000 events, and %d after 10,000", first, second)
	}
	if rows := browser.Eval[int](b, `document.querySelectorAll(".line").length`); rows > 300 {
		t.Errorf("%d lines", rows)
	}
}

func TestTheKeysOfThePage(t *testing.T) {
	f := start(t, lights, control.Options{})
	b := chromium.Open(t, f.url+"/inspect", 1280, 800)
	b.UntilText("set_light")
	b.Do(`document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }))`)
	b.Until(`document.activeElement.id === "filter"`)
	b.Type("tide")
	b.Until(`document.querySelectorAll(".tools li").length === 1`)
	b.Do(`document.getElementById("tab-call").focus()`)
	b.Do(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }))`)
	b.Until(`document.activeElement.id === "tab-state" && location.hash === "#state"`)
	b.Reload()
	b.Until(`document.getElementById("tab-state")?.ariaSelected === "true"`)
	b.Click("#message")
	b.Type("hello there\r")
	b.UntilText("no conversation") // the server's sentence
	f.converse()
	b.Type("\r")
	b.Until(`[...document.querySelectorAll(".line.you")].some((e) => e.textContent.includes("hello there"))`)
}

// When the page is loaded again, its files are only asked for: the browser has them.
func TestAReloadTransfersFewBytes(t *testing.T) {
	f := start(t, lights, control.Options{})
	b := chromium.Open(t, f.url+"/inspect", 1280, 800)
	const transferred = `performance.getEntries().filter((e) => !e.name.includes("/events")).reduce((n, e) => n + (e.transferSize ?? 0), 0)`
	b.UntilText("set_light")
	first := browser.Eval[int](b, transferred)
	b.Reload()
	b.UntilText("set_light")
	again := browser.Eval[int](b, transferred)
	t.Logf("%d bytes at first, %d bytes again", first, again)
	if first > 250<<10 || again > 16<<10 {
		t.Errorf("%d bytes at first, %d bytes again", first, again)
	}
}

// A conversation with the embedded agent: its tool calls, a script that cannot be reloaded, and a call
// that is made again from the page.
func TestThePageFollowsARunningAgent(t *testing.T) {
	f := start(t, lights, control.Options{})
	b := chromium.Open(t, f.url+"/inspect", 1600, 900)
	b.UntilText("set_light")
	f.converse()
	b.UntilText("a conversation has begun")
	f.say("water at Sula")
	b.UntilText(`no tide station "Sula"`)
	b.UntilText("That did not work")
	b.Click(".line.call")
	b.UntilText("What the agent got")
	b.Do(`document.activeElement?.blur(); document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "r", bubbles: true }))`)
	b.Until(`document.querySelector(".tried pre.err")?.innerText === 'no tide station "Sula"'`)
	b.Do(`[...document.querySelectorAll(".form .link")][0].click()`) // with the arguments of the call
	b.Until(`document.getElementById("f-place").value === "Sula"`)
	f.write(lights + "\nlocal x = = 1")
	b.UntilText("not reloaded; the copy of")
	b.Pictures("broken")
	f.write(lights + "\nstate.n = 7")
	b.UntilText("lights.lua reloaded")
	b.Click("#tab-state")
	b.UntilText("n  7")
	b.Pictures("state")
	b.Click("#tab-events")
	b.Click(".events button")
	b.UntilText("Copy JSON")
	b.Pictures("events")
	b.Click("#tab-log")
	b.Pictures("log")
	b.Click("#tab-link")
	b.Pictures("connection")
	b.Click(".top .btn:not(.quiet)")
	b.UntilText("the conversation has ended")
	b.UntilText("Start conversation")
}

func TestTheSamePageShowsARecording(t *testing.T) {
	f := serveRecording(t, nil)
	b := chromium.Open(t, f.url+"/inspect", 1280, 480)
	b.UntilText("2026.jsonl")
	b.UntilText("1.48 s to the first word")
	b.UntilText("0.0 of 19.0 s") // the strip is drawn later
	for _, forbidden := range []string{"Send", "Start conversation", "reload\n", "Run again"} {
		if strings.Contains(b.Text(), forbidden) {
			t.Errorf("the page of a recording has %q", forbidden)
		}
	}
	b.Pictures("recording")
	wantTree(t, b, "recording")
}
