package inspector

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/face/record"
	"moonlark/engine/remote"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/browser"
)

// mendable is a script whose tool raises an error at line 4.
const mendable = `-- a tool that is wrong
register_tool("tide", { phrases = { "tide please" }, parameters = {} }, function()
  local height = nil
  return height + 1
end)
`

// editing starts an engine with the script, and a server whose page may change it.
func editing(t *testing.T, source string) *fixture {
	t.Helper()
	f := start(t, source, control.Options{})
	f.page.Edit = true
	f.restart(f.stream)
	return f
}

func (f *fixture) onDisk() string {
	f.t.Helper()
	text, err := os.ReadFile(f.path)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(text)
}

// typeSource replaces the text of the field, as if somebody had typed it.
func typeSource(b *browser.Tab, text string) {
	quoted, _ := json.Marshal(text)
	b.Do(`const e = document.getElementById("code"); e.value = ` + string(quoted) + `; e.dispatchEvent(new Event("input", { bubbles: true }))`)
}

// A tool fails, its line is marked, somebody mends it in the page, and the tool answers anew.
func TestAnErrorIsMendedInThePage(t *testing.T) {
	f := editing(t, mendable)
	f.request("POST", "/call", `{"tool": "tide"}`)
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.UntilText("tool tide: attempt to perform arithmetic on")
	wantTree(t, b, "source")
	b.Click("#tab-call")
	f.converse()
	f.say("tide please")
	b.UntilText("lights.lua:4: ")
	b.Do(`[...document.querySelectorAll(".main .place, .right .place")].find((e) => e.textContent === "lights.lua:4").click()`)
	b.Until(`document.getElementById("code")?.value.includes("return height + 1")`)
	b.UntilText("tool tide: attempt to perform arithmetic on")
	b.Until(`document.querySelector(".nums").innerText.includes("✗ 4")`)
	b.Until(`document.getElementById("code").selectionStart === ` + fmt.Sprint(strings.Index(mendable, "  return height")))
	if browser.Eval[string](b, `document.getElementById("code").ariaInvalid`) != "true" {
		t.Error("the field is not marked as invalid")
	}
	mended := strings.Replace(mendable, "local height = nil", "local height = 41", 1)
	typeSource(b, strings.Replace(mended, "end)", "end", 1))
	b.UntilText("Not saved yet")
	b.Do(`[...document.querySelectorAll(".source .btn")].find((e) => e.textContent === "Check").click()`)
	b.UntilText("There are mistakes. It is not saved.")
	if f.onDisk() != mendable {
		t.Error("a check has changed the file")
	}
	typeSource(b, mended)
	b.Click("#code")
	b.Do(`document.getElementById("code").dispatchEvent(new KeyboardEvent("keydown", { key: "s", ctrlKey: true, bubbles: true, cancelable: true }))`)
	b.UntilText("Saved and loaded.")
	if f.onDisk() != mended {
		t.Errorf("on the disk: %s", f.onDisk())
	}
	b.Until(`!document.querySelector(".nums").innerText.includes("✗")`)
	f.say("tide please")
	b.Until(`[...document.querySelectorAll(".line.call .res")].some((e) => e.textContent === '"42"' || e.textContent === "42")`)
	if n := strings.Count(b.Text(), "lights.lua reloaded"); n != 1 {
		t.Errorf("the script was reloaded %d times", n)
	}
}

// A text with a mistake may be saved: the old copy goes on running.
func TestATextWithAMistakeIsSavedAndThePageSaysSo(t *testing.T) {
	f := editing(t, lights)
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.Until(`document.getElementById("code")?.value.includes("set_light")`)
	typeSource(b, lights+"\nlocal x = = 1\n")
	b.Click(".source .btn.solid")
	b.UntilText("Saved, but not loaded: the old copy goes on running.")
	line := strings.Count(lights, "\n") + 2
	b.Until(`document.querySelector(".nums").innerText.includes("✗ ` + fmt.Sprint(line) + `")`)
	typeSource(b, "-- a new first line\n"+lights+"\nlocal x = = 1\n")
	b.Until(`document.querySelector(".nums").innerText.includes("✗ ` + fmt.Sprint(line+1) + `")`) // the mark moves with its line
	if _, text := f.request("POST", "/call", `{"tool": "plain"}`); !strings.Contains(text, "plain text") {
		t.Errorf("the old copy answers %s", text)
	}
}

func TestTwoPagesThatEditAreTold(t *testing.T) {
	f := editing(t, "-- first\n")
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.Until(`document.getElementById("code")?.value === "-- first\n"`)
	typeSource(b, "-- mine\n")
	f.write("-- of somebody else\n")
	b.UntilText("lights.lua has changed on disk since it was read here") // after the reload of the script
	if value := browser.Eval[string](b, `document.getElementById("code").value`); value != "-- mine\n" {
		t.Errorf("the field has %q", value)
	}
	b.PicturesAsItIs("source-changed")
	b.CheckAccessibility(t, "source changed")
	b.Do(`window.confirm = (text) => { window.asked = text; return false; }; document.querySelector(".changed .btn:last-child").click()`)
	if asked, value := browser.Eval[string](b, "asked"), browser.Eval[string](b, `document.getElementById("code").value`); asked != "Discard your text and take the one on disk?" || value != "-- mine\n" {
		t.Errorf("the page asks %q, and the field has %q", asked, value)
	}
	b.Click(".changed .btn")
	b.UntilText("Save replaces the text on disk")
	b.Click(".source .btn.solid")
	b.UntilText("Saved and loaded.")
	if f.onDisk() != "-- mine\n" {
		t.Errorf("on the disk: %q", f.onDisk())
	}
}

// An answer that was sent before a text was saved must not put the old text into the field.
func TestALateAnswerDoesNotReplaceTheSavedText(t *testing.T) {
	f := editing(t, mendable)
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.Until(`document.getElementById("code")?.value.includes("return height + 1")`)
	b.Do(`const real = fetch; let held = new Promise((done) => { window.release = done; });
		window.fetch = async (...args) => {
			const answer = await real(...args), wait = held;
			if (wait && String(args[0]).includes("source?")) { held = null; window.isHeld = true; await wait; setTimeout(() => { window.released = true; }, 200); }
			return answer;
		}`)
	f.request("POST", "/call", `{"tool": "tide"}`)
	b.Until("window.isHeld")
	typeSource(b, "-- mine\n")
	b.Do(`document.querySelector(".source .btn.solid").click()`)
	b.UntilText("Saved and loaded.")
	b.Do("release()")
	b.Until("window.released")
	if value := browser.Eval[string](b, `document.getElementById("code").value`); value != "-- mine\n" {
		t.Errorf("the field has %q", value)
	}
}

func TestAFloodOfErrorsReadsTheSourceAtMostTwiceASecond(t *testing.T) {
	f := editing(t, mendable)
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.Until(`document.getElementById("code")?.value.includes("height")`)
	b.Do(`const real = fetch; window.reads = 0; window.began = performance.now();
		window.fetch = (...args) => { if (String(args[0]).includes("source?")) window.reads++; return real(...args); }`)
	for range 50 {
		f.stream.Note(bus.Event{Type: bus.Error, Time: time.Now(), Text: "again"})
		time.Sleep(30 * time.Millisecond)
	}
	b.Until("window.reads > 0")
	if n, limit := browser.Eval[float64](b, "window.reads"), browser.Eval[float64](b, "2 + (performance.now() - window.began) / 500"); n > limit {
		t.Errorf("the source was read %v times, want at most %v", n, limit)
	}
}

func TestAnUnsavedTextIsShownWhenItsFileIsGone(t *testing.T) {
	f := editing(t, "-- first\n")
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.Until(`document.getElementById("code")?.value === "-- first\n"`)
	typeSource(b, "-- mine\n")
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	b.Do(`Event.prototype.preventDefault = () => {}`) // nobody would answer the question of beforeunload
	b.Reload()
	b.Until(`document.getElementById("code")?.value === "-- mine\n"`)
	b.UntilText("no such file")
}

// The ids of calls begin anew when the program starts, and the clock of the browser may be wrong.
func TestAQuestionAfterARestartIsShown(t *testing.T) {
	f := start(t, lights, control.Options{})
	b := chromium.Open(t, f.url+"/inspect", 1280, 800)
	b.UntilText("live")
	ask := func(text string) {
		f.stream.Note(bus.Event{Type: bus.Approval, Time: time.Now(), Tool: "delete_file", CallID: "mcp-ask-1", Seconds: 60, Text: text})
	}
	ask("the first question")
	b.UntilText("the first question")
	b.Click(".approvals .btn.solid")
	b.UntilText("It was not answered here")
	b.Click(".approvals .btn")
	b.Until(`!document.querySelector(".approvals")`)
	b.Do(`const real = Date.now; Date.now = () => real() + 600_000`)
	f.restart(f.stream)
	b.Until(`document.querySelector(".top")?.innerText.includes("live")`)
	ask("the second question")
	b.UntilText("the second question")
	for i := range 6 {
		f.stream.Note(bus.Event{Type: bus.Approval, Time: time.Now(), Tool: "delete_file", CallID: fmt.Sprint("more-", i), Seconds: 60, Text: fmt.Sprint("one more: ", i)})
	}
	b.UntilText("one more: 5")
}

func TestTheTextStaysInThePageWhenItCannotBeSaved(t *testing.T) {
	f := editing(t, "-- first\n")
	b := chromium.Open(t, f.url+"/inspect#source", 800, 480)
	b.Until(`document.getElementById("code")?.value === "-- first\n"`)
	b.Do(`document.body.dataset.view = "right"`)
	typeSource(b, "-- mine\n")
	f.server.Close()
	b.Do(`document.querySelector(".source .btn.solid").click()`)
	b.UntilText("Not saved: Moonlark cannot be reached. Your text stays here.")
	f.restart(f.stream)
	b.UntilText("live")
	b.Do(`dispatchEvent(new Event("pagehide"))`)
	if drafts := browser.Eval[string](b, `sessionStorage.getItem("moonlark source drafts")`); !strings.Contains(drafts, "-- mine") {
		t.Errorf("the drafts are %s", drafts)
	}
	b.Until(`!document.querySelector(".source .btn.solid").disabled`)
	b.Click(".source .btn.solid")
	b.UntilText("Saved and loaded.")
	if f.onDisk() != "-- mine\n" {
		t.Errorf("on the disk: %q", f.onDisk())
	}
}

// What is typed arrives on the disk byte for byte: the ends of lines, tabs and the byte order mark stay.
func TestAnEditedTextKeepsTheBytesThatWereNotEdited(t *testing.T) {
	f := editing(t, "-- first\n")
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.Until(`document.getElementById("code")?.value === "-- first\n"`)
	for i, row := range []struct{ file, typed, want string }{
		{"-- a\r\n-- b\r\n", "-- a\n-- c\n-- d\n", "-- a\r\n-- c\r\n-- d\r\n"},
		{"-- a\r\n-- b", "-- a\n-- b\n", "-- a\r\n-- b\r\n"},
		{"\ufeff-- a\n", "-- b\n", "\ufeff-- b\n"},
		{"-- a\r\n-- b\n-- c\r-- d\r\n-- e", "-- a\n-- b\n-- x\n-- d\n-- e", "-- a\r\n-- b\n-- x\r\n-- d\r\n-- e"},
		{"\t-- a\t", "\t\t-- a \t", "\t\t-- a \t"},
		{"-- a\n\n\n", "-- a\n\n", "-- a\n\n"},
		{"-- \x00 \u2028 👩‍👧", "-- \x00 \u2028 👩‍👧!", "-- \x00 \u2028 👩‍👧!"},
		{"\r\n\r\n-- a", "\n-- a", "\r\n-- a"},
	} {
		f.write(row.file + "-- " + fmt.Sprint(i))
		b.Until(`document.getElementById("code").value.endsWith("-- ` + fmt.Sprint(i) + `")`)
		typeSource(b, row.typed+"-- "+fmt.Sprint(i)+"!")
		b.Do(`document.querySelector(".source .btn.solid").click()`)
		b.UntilText("Saved and loaded.")
		if got, want := f.onDisk(), row.want+"-- "+fmt.Sprint(i)+"!"; got != want {
			t.Errorf("%q edited to %q is %q on the disk, want %q", row.file, row.typed, got, want)
		}
	}
	// a text that is not edited is the same bytes, whatever is in it
	b.Do(`const { fieldText, fileText } = await import("./inspect/edit.js");
		const pieces = ["\n", "\r", "\r\n", "a", "\t", "\ufeff", "\u0000", "é", "👩", " "];
		for (let i = 0; i < 20000; i++) {
			const text = Array.from({ length: Math.floor(Math.random() * 12) }, () => pieces[Math.floor(Math.random() * pieces.length)]).join("");
			if (fileText(text, fieldText(text)) !== text) throw new Error(JSON.stringify(text));
			const edited = fieldText(text) + "z\ny";
			if (fieldText(fileText(text, edited)) !== edited) throw new Error(JSON.stringify([text, edited]));
		}`)
}

func TestWithoutEditThePageOnlyShowsTheSource(t *testing.T) {
	f := start(t, lights, control.Options{})
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.UntilText("Start with --inspect=edit to change it here.")
	if !browser.Eval[bool](b, `document.getElementById("code").readOnly && !document.querySelector(".source .btn")`) {
		t.Error("the source can be edited")
	}
}

func TestTheSourceFitsAllScreens(t *testing.T) {
	f := editing(t, mendable+strings.Repeat("-- a long line "+strings.Repeat("x", 300)+"\n", 100))
	b := chromium.Open(t, f.url+"/inspect#source", 1600, 900)
	b.Until(`document.getElementById("code")?.value.includes("height")`)
	f.request("POST", "/call", `{"tool": "tide"}`)
	b.Reload()
	b.UntilText("attempt to perform arithmetic")
	for _, scheme := range []string{"dark", "light"} {
		b.Prefer("prefers-color-scheme", scheme)
		for _, size := range sizes {
			b.Resize(size[0], size[1])
			b.Do(`document.body.dataset.view = "right"`)
			if browser.Eval[bool](b, "document.documentElement.scrollWidth > innerWidth") {
				t.Errorf("at %v, the page is wider than its window", size)
			}
			if h := browser.Eval[float64](b, `document.getElementById("code").getBoundingClientRect().height`); h < 130 {
				t.Errorf("at %v, the field is %v pixels high", size, h)
			}
			b.CheckAccessibility(t, fmt.Sprint("source ", size, scheme))
		}
	}
	b.Pictures("source")
}

func TestAHostileSourceIsShownAsText(t *testing.T) {
	hostile := "-- </textarea><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>\n-- \u202e hidden\n"
	f := editing(t, hostile)
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.Until(`document.getElementById("code")?.value.includes("onerror")`)
	b.UntilText(`line 2 has characters that are not visible: -- \u{202e} hidden`)
	f.stream.Note(bus.Event{Type: bus.ReloadFailed, Time: time.Now(), Script: "lights.lua", Text: `<img src=x onerror="document.title='owned'">.lua:3: </script>`})
	b.Click("#tab-log")
	b.UntilText("<img src=x")
	if n := browser.Eval[int](b, `document.querySelectorAll("img, script:not([src]), iframe").length`); n > 0 {
		t.Errorf("%d elements come from a text", n)
	}
	if title := browser.Eval[string](b, "document.title"); title != "Moonlark · inspector" {
		t.Errorf("the title is %s", title)
	}
}

func TestARecordingIsBegunAndEndedInThePage(t *testing.T) {
	f := start(t, lights, control.Options{})
	folder := t.TempDir()
	recordings := record.NewSwitch(f.bus, record.Options{Folder: folder, Version: "v1"})
	t.Cleanup(func() { recordings.Close() })
	f.page.Recordings = recordings
	f.stream.AddField("recording", func() any {
		if state := recordings.State(); state != nil {
			return state
		}
		return nil
	})
	f.restart(f.stream)
	b := chromium.Open(t, f.url+"/inspect", 1280, 800)
	b.UntilText("Record")
	button := `[...document.querySelectorAll(".top .btn")].find((e) => /ecord/.test(e.textContent))`
	b.Do(button + ".click()")
	b.Until(`document.querySelector(".recording .rec") && ` + button + `.textContent === "End recording"`)
	b.CheckAccessibility(t, "recording")
	f.bus.Publish(bus.Event{Type: bus.Print, Script: "lights.lua", Text: "recorded words"})
	b.Do(button + ".click()")
	b.Until(`!document.querySelector(".recording") && ` + button + `.textContent === "Record"`)
	f.bus.Publish(bus.Event{Type: bus.Print, Script: "lights.lua", Text: "later words"})
	files, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the recordings are %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil || !strings.Contains(string(text), "recorded words") || strings.Contains(string(text), "later words") {
		t.Errorf("the recording has %s, %v", text, err)
	}
}

func TestAPersonAnswersAQuestionInThePage(t *testing.T) {
	f := start(t, lights, control.Options{})
	b := chromium.Open(t, f.url+"/inspect", 390, 844)
	b.UntilText("live")
	for _, id := range []string{"mcp-ask-1", "mcp-ask-2"} {
		f.stream.Note(bus.Event{Type: bus.Approval, Time: time.Now(), Tool: "delete_file", CallID: id, Args: json.RawMessage(`{"path": "a.txt"}`), Seconds: 60, Text: "may delete_file of the MCP server files be called?"})
	}
	b.UntilText("may delete_file of the MCP server files be called?")
	b.Until(`document.querySelectorAll(".approvals li").length === 2`)
	b.PicturesAsItIs("approve")
	b.CheckAccessibility(t, "approve")
	b.Click(".approvals .btn.solid") // nobody has asked: the page of this test has made the event up
	b.UntilText("It was not answered here: there is no conversation")
	b.Click(".approvals .btn")
	b.Until(`document.querySelectorAll(".approvals li").length === 1`)
}

// While the page is open, a person answers: the question waits, and is not refused at once.
func TestAnOpenPageAnswersQuestions(t *testing.T) {
	f := start(t, lights, control.Options{})
	asked := make(chan bool, 1)
	agent := attendedAgent{f.engine.Remote(), asked}
	server := control.New(control.Options{Addr: "127.0.0.1:0"})
	for _, m := range Mounts(f.stream, agent, Options{}) {
		server.Mount(m)
	}
	if err := server.Open(t.Context(), f.engine.Remote()); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"?attend=1", ""} {
		r, err := http.Get(server.URL() + "/events" + query)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(asked) == 1; got != (query != "") {
			t.Errorf("/events%s: a person answers: %v", query, got)
		}
		r.Body.Close()
		testkit.Until(t, "the page is gone", func() bool { return len(asked) == 0 })
	}
	server.Close()
}

// An attendedAgent has an element in the channel while a person answers questions.
type attendedAgent struct {
	*remote.Remote
	attended chan bool
}

func (a attendedAgent) AttendApprovals(bool) (leave func()) {
	a.attended <- true
	return func() { <-a.attended }
}

// Another script can be chosen although the first one cannot be read.
func TestTheSourceOfAnotherScriptIsShownWhenTheFirstCannotBeRead(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other.lua")
	if err := os.WriteFile(other, []byte("-- another script\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := startWith(t, lights, control.Options{}, func(o *engine.Options) { o.Scripts = append(o.Scripts, other) })
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.Until(`document.querySelector(".source .bad")?.textContent.includes("no such file")`)
	if shown := browser.Eval[string](b, `[...document.querySelector("select.pick").options].map((o) => o.value).join()`); shown != "lights.lua,other.lua" {
		t.Errorf("the scripts to choose are %s", shown)
	}
	b.Do(`const e = document.querySelector("select.pick"); e.value = "other.lua"; e.dispatchEvent(new Event("change", { bubbles: true }))`)
	b.Until(`document.getElementById("code")?.value === "-- another script\n"`)
	b.Until(`!document.querySelector(".source .bad")`)
}

// A proxy or the page of a network may answer in place of the server, even with the status 200.
func TestAnAnswerThatIsNoJSONIsReported(t *testing.T) {
	f := editing(t, mendable)
	b := chromium.Open(t, f.url+"/inspect#source", 1280, 800)
	b.Until(`document.getElementById("code")`)
	answer := func(status int) {
		b.Do(fmt.Sprintf(`window.fetch = async () => new Response("<b>Please log in</b>", { status: %d })`, status))
	}
	answer(200)
	typeSource(b, "-- mine\n")
	b.Click(".source .btn.solid")
	b.UntilText("Not saved: The answer is wrong: status 200 <b>Please log in</b>")
	answer(502)
	b.Do(`const e = document.querySelectorAll("select.pick"); e[e.length - 1].dispatchEvent(new Event("change", { bubbles: true }))`)
	b.UntilText("The answer is wrong: status 502 <b>Please log in</b>")
	if f.onDisk() != mendable || !browser.Eval[bool](b, `document.getElementById("code").value === "-- mine\n"`) {
		t.Error("the text is lost")
	}
}
