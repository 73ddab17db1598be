package screen_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	face "moonlark/engine/face/screen"
	"moonlark/engine/face/web"
	"moonlark/engine/screen"
	"moonlark/engine/testkit"
)

// A reader reads the stream of a page.
type reader struct {
	t      *testing.T
	lines  *bufio.Scanner
	answer *http.Response
}

func (k *kiosk) events(query string) *reader {
	k.t.Helper()
	answer, err := http.Get(k.url + "/screen/events" + query)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		k.t.Fatalf("status %d, %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	r := &reader{k.t, bufio.NewScanner(answer.Body), answer}
	r.lines.Buffer(nil, 1<<20)
	return r
}

// next reads on to an event of this name whose data contains part, and returns the data.
func (r *reader) next(event, part string) string {
	r.t.Helper()
	timer := time.AfterFunc(30*time.Second, func() { r.answer.Body.Close() })
	defer timer.Stop()
	name := ""
	for r.lines.Scan() {
		line := r.lines.Text()
		if after, ok := strings.CutPrefix(line, "event: "); ok {
			name = after
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && name == event && strings.Contains(data, part) {
			return data
		}
	}
	r.t.Fatalf("the stream has ended without an event %s with %s: %v", event, part, r.lines.Err())
	return ""
}

// key returns the key of the button with this text.
func (k *kiosk) key(text string) string {
	k.t.Helper()
	for _, b := range append(k.screen.Document().Buttons(), k.screen.Document().Idle.Asks...) {
		if b.Text == text {
			return b.Key
		}
	}
	k.t.Fatalf("there is no button %q", text)
	return ""
}

func touch(key, action string) string { return fmt.Sprintf(`{"id":%q,"action":%q}`, key, action) }

func TestATouchReachesLuaAndThePageGetsTheNewDocument(t *testing.T) {
	k := open(t, harbour)
	r := k.events("?width=800&height=480&touch=1")
	var d struct {
		Boot, Version string
		screen.Document
	}
	if err := json.Unmarshal([]byte(r.next("document", "")), &d); err != nil {
		t.Fatal(err)
	}
	if d.Version != "1.0" || d.Boot == "" || d.Settings.Title != "Harbour House" || len(d.Blocks) != 7 {
		t.Errorf("got %+v", d)
	}
	r.next("voice", `"phase":"waiting"`)
	testkit.Until(t, "the page", func() bool { return len(k.screen.Pages()) == 1 })
	if got := k.screen.Pages()[0]; got != (screen.PageInfo{Width: 800, Height: 480, Touch: true}) {
		t.Errorf("got %+v", got)
	}
	if status, body := k.request("POST", "/screen/touch", touch(k.key("Buy a ticket"), "press")); status != http.StatusAccepted {
		t.Errorf("status %d: %s", status, body)
	}
	r.next("document", "Ticket for Sula")
	old := k.key("Buy a ticket")
	k.request("POST", "/screen/touch", touch(k.key("Whole timetable"), "press"))
	r.next("document", "All ferries")
	if status, body := k.request("POST", "/screen/touch", touch(old, "press")); status != http.StatusConflict || !strings.Contains(body, "not on the screen any more") {
		t.Errorf("a button that has gone: status %d: %s", status, body)
	}
	if status, body := k.request("GET", "/screen/doc", ""); status != http.StatusOK || !strings.Contains(body, "All ferries") {
		t.Errorf("status %d: %s", status, body)
	}
	r.answer.Body.Close()
	testkit.Until(t, "no page", func() bool { return len(k.screen.Pages()) == 0 })
}

func TestTheStreamFollowsTheConversation(t *testing.T) {
	k := open(t, harbour)
	r := k.events("")
	for _, row := range []struct{ state, want string }{
		{"listening", `{"phase":"listening"}`},
		{"hearing", `{"phase":"hearing"}`},
		{"thinking", `{"phase":"thinking","user":"When does the next ferry to Sula leave?","tool":"Looking at the timetable"}`},
		{"speaking", `"said":"The next ferry to Sula leaves at a quarter past five,","rest":" from gate three. Boarding starts in fifteen minutes.","turn":1}`},
		{"interrupted", `"said":"The next ferry to Sula","rest":" leaves at a quarter past five, from gate three. Boarding starts in fifteen minutes.","cut":true,"turn":1}`},
	} {
		k.conversation(row.state)
		r.next("voice", row.want)
	}
	k.conversation("speaking")
	r.next("level", `"speaker":-21`)
	r.next("beat", "")
}

// The words that the screen does not show do not leave the machine.
func TestThePageDoesNotGetHiddenWords(t *testing.T) {
	k := open(t, harbour)
	k.conversation("speaking")
	testkit.Until(t, "the conversation", func() bool { return k.screen.Settings().Captions == "both" })
	r := k.events("")
	r.next("voice", `"user":"When does`)
	for _, row := range []struct {
		captions    string
		user, reply bool
	}{{"agent", false, true}, {"user", true, false}, {"none", false, false}, {"both", true, true}} {
		k.eval(`screen.setup { captions = "` + row.captions + `" }`)
		got := r.next("voice", "")
		if strings.Contains(got, "When does") != row.user || strings.Contains(got, "ferry to Sula leaves") != row.reply || strings.Contains(got, "Boarding") != row.reply {
			t.Errorf("captions = %q: %s", row.captions, got)
		}
	}
}

// The guard of package control decides; here is what it decides for the paths of the screen.
func TestOnlyThePageAndProgramsOfThisMachineReachTheScreen(t *testing.T) {
	k := open(t, harbour)
	own := strings.TrimPrefix(k.url, "http://")
	press := touch(k.key("The way to gate 3"), "here")
	for _, row := range []struct {
		method, path, body string
		header             []string
		want               int
	}{
		{"GET", "/screen", "", nil, 200},
		{"GET", "/screen", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200},
		{"GET", "/screen", "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403},
		{"GET", "/screen/doc", "", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"GET", "/screen/doc", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"GET", "/screen/doc", "", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"GET", "/screen/doc", "", []string{"Origin", "http://evil.example"}, 403},
		{"GET", "/screen/doc", "", []string{"Host", "evil.example"}, 403},
		{"GET", "/screen/events", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"GET", "/screen/image?h=1", "", nil, 404},
		{"POST", "/screen/touch", press, nil, 202},
		{"POST", "/screen/touch", press, []string{"Origin", "http://" + own, "Sec-Fetch-Site", "same-origin"}, 202},
		{"POST", "/screen/touch", press, []string{"Origin", "http://evil.example"}, 403},
		{"POST", "/screen/touch", press, []string{"Origin", "null"}, 403},
		{"POST", "/screen/touch", press, []string{"Host", "evil.example", "Origin", "http://evil.example", "Sec-Fetch-Site", "same-origin"}, 403},
		{"POST", "/screen/touch", press, []string{"Sec-Fetch-Site", "none"}, 403},
		{"POST", "/screen/touch", press, []string{"Content-Type", "text/plain"}, 415},
		{"POST", "/screen/touch", press, []string{"Content-Type", "application/json; charset=utf-8"}, 202},
		{"POST", "/screen/touch", press + press, nil, 400},
		{"POST", "/screen/touch", `{"id":1}`, nil, 400},
		{"POST", "/screen/touch", `{"key":"x","action":"press"}`, nil, 400},
		{"POST", "/screen/touch", touch("x", "push"), nil, 400},
		{"POST", "/screen/touch", touch("x", "press"), nil, 409},
		{"POST", "/screen/touch", `{"value":"` + strings.Repeat("x", 5000) + `"}`, nil, 413},
		{"POST", "/screen/stop", `{}`, nil, 409}, // there is no sound
		{"GET", "/screen/touch", "", nil, 405},
		{"POST", "/screen/doc", `{}`, nil, 405},
		{"POST", "/screen/events", `{}`, nil, 405},
		{"GET", "/screen/nothing.js", "", nil, 404},
	} {
		if got, body := k.request(row.method, row.path, row.body, row.header...); got != row.want {
			t.Errorf("%s %s %q %q: got %d, want %d: %.200s", row.method, row.path, row.body, row.header, got, row.want, body)
		}
	}
}

func TestMoreThanTenTouchesInASecondAreRefused(t *testing.T) {
	k := open(t, harbour)
	for range 100 {
		if status, _ := k.request("POST", "/screen/touch", touch("", "here")); status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("no touch was refused")
}

func TestTheTokenOfTheScreenOpensNothingElse(t *testing.T) {
	k := open(t, harbour, func(o *control.Options) { o.Token, o.ScreenToken = "secret", "hall" })
	bearer := func(token string) []string { return []string{"Authorization", "Bearer " + token} }
	for _, row := range []struct {
		path, token string
		want        int
	}{
		{"/screen", "", 200}, {"/screen/main.js", "", 200}, {"/web/html.js", "", 200}, {"/screen/doc", "", 401}, {"/screen/events", "", 401},
		{"/screen/doc", "hall", 200}, {"/screen/doc", "secret", 200}, {"/screen/doc", "wrong", 401}, {"/healthz", "hall", 403}, {"/log", "hall", 403}, {"/metrics", "secret", 200},
	} {
		if got, body := k.request("GET", row.path, "", bearer(row.token)...); got != row.want {
			t.Errorf("%s with %q: got %d, want %d: %.200s", row.path, row.token, got, row.want, body)
		}
	}
}

func TestAPictureIsServedByItsHash(t *testing.T) {
	k := open(t, `screen.show { { image = "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", alt = "x" }, { image = qr.encode("x"), alt = "y" } }`)
	for i, kind := range []string{"image/svg+xml", "image/png"} {
		answer, err := http.Get(k.url + "/screen/image?h=" + k.screen.Document().Blocks[i].Image)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		h := answer.Header
		if answer.StatusCode != 200 || h.Get("Content-Type") != kind || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(h.Get("Cache-Control"), "immutable") {
			t.Errorf("status %d, headers %v", answer.StatusCode, h)
		}
	}
}

// The page of a busy agent gets whole states: a slow one misses some, and has the newest.
func TestASlowPageGetsTheNewestState(t *testing.T) {
	k := open(t, harbour)
	r := k.events("")
	for range 3000 {
		k.bus.Publish(bus.Event{Type: bus.AgentPart, Text: "word ", EventID: 9, Part: "delta"})
	}
	r.next("voice", strings.Repeat("word ", 2999))
}

func TestEverythingThatIsEmbeddedIsSmall(t *testing.T) {
	if size := face.Files().Size() + web.SharedFiles().Size(); size > 250<<10 {
		t.Errorf("the page has %d bytes compressed, want at most 250 KB", size)
	}
}
