package inspector

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine"
	"moonlark/engine/activity"
	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/face/record"
	"moonlark/engine/face/web"
	"moonlark/engine/permit"
	"moonlark/engine/remote"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/browser"
)

// busyScript uses what the tabs show. HOST is a web server, and BROKER an MQTT broker.
const busyScript = `
local door = secrets.get("door")
on_start(function()
  http.get("http://anna:opensesame@HOST/tide?token=abc123", { headers = { Authorization = "Bearer abc123" } })
  pcall(http.get, "http://refused.example/")
  pcall(http.get, "http://refused.example/")
  local c = mqtt.connect("mqtt://BROKER")
  local heard = c:subscribe("home/#")
  c:wait(20)
  c:publish("home/lamp", "brighter", { qos = 1 })
  heard:receive(20)
  c:publish("home/door", door, { qos = 1 })
  heard:receive(20)
  store.set("guest", { name = "Anna <img src=x>" })
  store.set("code", "it is swordfish77")
  local shop = db.open("shop.db")
  shop:exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT, price REAL, photo BLOB, note TEXT)")
  shop:exec("CREATE TABLE empty (id INTEGER)")
  shop:transaction(function()
    for i = 1, 250 do shop:exec("INSERT INTO orders (what, price, photo) VALUES (?, ?, ?)", "order " .. i, i / 4, db.blob("123")) end
  end)
  c:close()
  c:publish("home/late", "nobody gets it", { qos = 1 })
  print("all is done")
end)
`

// A busy is an engine whose script has used what the tabs show.
type busy struct {
	*fixture
	recording string // the folder of the recording

	mu   sync.Mutex // guards rows
	rows []bus.Event
}

// rowsOf returns the activities of a tab.
func (b *busy) rowsOf(tab string) (rows []bus.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.rows {
		if e.Tab == tab {
			rows = append(rows, e)
		}
	}
	return rows
}

// startBusy starts an engine with busyScript, and waits until the script has done everything.
func startBusy(t *testing.T) *busy {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a broker")
	}
	if testkit.MosquittoPath() == "" {
		t.Skip("the program mosquitto is not installed")
	}
	broker := testkit.NewMosquitto(t)
	broker.Start()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "high water") }))
	t.Cleanup(server.Close)
	at, _ := url.Parse(server.URL)
	t.Setenv("MOONLARK_SECRET_DOOR", "swordfish77")
	b := &busy{recording: t.TempDir()}
	recorder, err := record.Open(record.Options{Folder: b.recording})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { recorder.Close() })
	done := make(chan struct{}, 1)
	source := strings.NewReplacer("HOST", at.Host, "BROKER", "127.0.0.1:"+broker.Port).Replace(busyScript)
	b.fixture = startWith(t, source, control.Options{}, func(o *engine.Options) {
		o.Permissions.Grants = []permit.Grant{{Kind: permit.Net, Value: "127.0.0.1", Source: "the test"}}
		o.Permissions.Data = t.TempDir()
		recorder.Watch(o.Bus)
		o.Bus.Subscribe(func(t bus.Type) bool { return t == bus.Activity || t == bus.Print }, func(e bus.Event) {
			if e.Type == bus.Print {
				done <- struct{}{}
				return
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			b.rows = append(b.rows, e)
		})
	})
	select {
	case <-done:
	case <-time.After(testkit.Timeout):
		t.Fatalf("the script has not done everything: %v", b.rows)
	}
	return b
}

// The modules show what they do, in the fields of their tabs, without what a person must not see.
func TestTheActivitiesSayWhatTheModulesDo(t *testing.T) {
	b := startBusy(t)
	var all []map[string]any
	for _, tab := range []string{"http", "mqtt", "store", "permissions"} {
		for _, e := range b.rowsOf(tab) {
			delete(e.Fields, "seconds")
			if e.Script != "lights.lua" {
				t.Errorf("%v is of the script %q", e.Fields, e.Script)
			}
			all = append(all, e.Fields)
		}
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"swordfish", "opensesame", "abc123", "anna", "Bearer"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is shown:\n%s", secret, text)
		}
	}
	has := func(want map[string]any) {
		t.Helper()
		if !slices.ContainsFunc(all, func(got map[string]any) bool {
			for k, v := range want {
				if s, ok := got[k].(string); fmt.Sprint(got[k]) != fmt.Sprint(v) && !(ok && strings.HasSuffix(fmt.Sprint(v), "*") && strings.HasPrefix(s, strings.TrimSuffix(fmt.Sprint(v), "*"))) {
					return false
				}
			}
			return true
		}) {
			t.Errorf("no activity has %v:\n%s", want, text)
		}
	}
	has(map[string]any{"method": "GET", "url": "http://127.0.0.1:*", "status": 200, "bytes": 10})
	has(map[string]any{"direction": "out", "topic": "home/lamp", "payload": "brighter", "bytes": 8, "qos": 1})
	has(map[string]any{"direction": "in", "topic": "home/lamp", "payload": "brighter"})
	has(map[string]any{"direction": "in", "topic": "home/door", "bytes": 11})
	if strings.Contains(string(text), "home/late") {
		t.Errorf("a message that was refused is shown:\n%s", text)
	}
	has(map[string]any{"store": "store", "function": "set", "key": "guest"})
	has(map[string]any{"permission": "net", "what": "connect to 127.0.0.1:*", "result": "used"})
	has(map[string]any{"permission": "secret", "what": "read the secret door", "result": "used"})
	has(map[string]any{"permission": "net", "what": "connect to refused.example:80", "result": "refused", "count": 2})
}

// The 250 statements of the script are more than are shown at once: the rest is counted.
func TestAFloodOfActivitiesIsCounted(t *testing.T) {
	b := startBusy(t)
	testkit.Until(t, "all statements are shown or counted", func() bool {
		n := 0
		for _, e := range b.rowsOf("db") {
			n += max(e.Count, 1)
			if (e.Fields == nil) != (e.Count > 0) {
				t.Errorf("got %+v", e)
			}
		}
		return n == 252
	})
	if n := len(b.rowsOf("db")); n > 200 {
		t.Errorf("%d activities were published", n)
	}
}

// contents sends GET /contents with a query and decodes the answer.
func (f *fixture) contents(query string, answer any) {
	f.t.Helper()
	status, text := f.request("GET", "/contents"+query, "")
	if status != http.StatusOK {
		f.t.Fatalf("%s: %d %s", query, status, text)
	}
	if err := json.Unmarshal([]byte(text), answer); err != nil {
		f.t.Fatal(err)
	}
}

func TestContentsAreReadPageByPage(t *testing.T) {
	b := startBusy(t)
	var list struct{ Contents []activity.Source }
	b.contents("", &list)
	if want := []activity.Source{{Tab: "store", Script: "lights.lua", Name: "store"}, {Tab: "db", Script: "lights.lua", Name: "shop.db"}}; !reflect.DeepEqual(list.Contents, want) {
		t.Fatalf("got %v, want %v", list.Contents, want)
	}
	const store, shop = "?tab=store&script=lights.lua&name=store", "?tab=db&script=lights.lua&name=shop.db"
	for _, row := range []struct{ query, want string }{
		{store, `{"tables":["kv"],"table":"kv","columns":["key","value","expires"],"rows":[["code","\"it is [secret door]\"",null],["guest","{\"name\":\"Anna <img src=x>\"}",null]],"more":false}`},
		{shop, `{"tables":["empty","orders"],"table":"empty","columns":["id"],"rows":[],"more":false}`},
		{shop + "&table=orders&offset=249", `{"tables":["empty","orders"],"table":"orders","columns":["id","what","price","photo","note"],"rows":[[250,"order 250",62.5,"blob of 3 bytes",null]],"more":false}`},
	} {
		if status, text := b.request("GET", "/contents"+row.query, ""); status != 200 || strings.TrimSpace(text) != row.want {
			t.Errorf("%s: got %d %s, want %s", row.query, status, text, row.want)
		}
	}
	var page activity.Page
	b.contents(shop+"&table=orders&offset=100", &page)
	if len(page.Rows) != activity.MaxRows || !page.More || page.Rows[0][1] != "order 101" {
		t.Errorf("got %d rows, more: %v", len(page.Rows), page.More)
	}
	for _, row := range []struct {
		method, query, want string
		status              int
	}{
		{"GET", shop + "&table=orders%22%3BDROP+TABLE+orders%3B--", "there is no table", 409},
		{"GET", shop + "&table=orders;DROP", "the query cannot be read", 400},
		{"GET", shop + "&table=sqlite_schema", "there is no table sqlite_schema", 409},
		{"GET", shop + "&offset=-1", "want the number of a row", 400},
		{"GET", "?tab=db&script=lights.lua&name=../shop.db", "lights.lua has no ../shop.db open", 409},
		{"GET", "?tab=store&script=lights.lua&name=shop.db", "lights.lua has no shop.db open", 409},
		{"GET", "?tab=db&script=other.lua&name=shop.db", "no script is called other.lua", 409},
		{"POST", shop, "needs the method GET", 405},
		{"DELETE", shop, "needs the method GET", 405},
	} {
		if status, text := b.request(row.method, "/contents"+row.query, ""); status != row.status || !strings.Contains(text, row.want) {
			t.Errorf("%s %s: got %d %s, want %d %s", row.method, row.query, status, text, row.status, row.want)
		}
	}
}

// A script that is in the middle of a transaction, and one that does not wait for anything, are not
// needed to read the contents.
func TestContentsCanBeReadWhileTheScriptIsBusy(t *testing.T) {
	f := startWith(t, `
register_tool("hang", function() while true do end end)
on_start(function()
  local d = db.open("notes.db")
  d:exec("CREATE TABLE notes (text TEXT)")
  d:exec("INSERT INTO notes VALUES ('before')")
  d:transaction(function()
    d:exec("INSERT INTO notes VALUES ('not committed')")
    print("in the transaction")
    sleep(8)
  end)
end)`, control.Options{}, func(o *engine.Options) {
		o.Permissions.Data = t.TempDir()
	})
	var page activity.Page
	testkit.Until(t, "the table is there", func() bool {
		status, text := f.request("GET", "/contents?tab=db&script=lights.lua&name=notes.db&table=notes", "")
		return status == 200 && json.Unmarshal([]byte(text), &page) == nil && len(page.Rows) > 0
	})
	var hanging sync.WaitGroup
	defer hanging.Wait()
	hanging.Go(func() { // killed after two seconds
		f.engine.Remote().CallTool(t.Context(), "hang", nil, remote.CallOptions{ID: "hang"})
	})
	f.contents("?tab=db&script=lights.lua&name=notes.db&table=notes", &page)
	if len(page.Rows) != 1 || page.Rows[0][0] != "before" {
		t.Errorf("got %v", page.Rows)
	}
}

// The token of the kiosk's screen gives no right to see what scripts keep, nor does any page.
func TestOthersDoNotSeeTheContents(t *testing.T) {
	f := start(t, lights, control.Options{Token: "all rights", ScreenToken: "screen only"})
	for _, row := range []struct {
		token, header, value string
		want                 int
	}{
		{"", "", "", 401}, {"screen only", "", "", 403}, {"all rights", "", "", 200}, {"all rights", "Sec-Fetch-Site", "same-origin", 200},
		{"all rights", "Origin", "https://evil.example", 403}, {"all rights", "Sec-Fetch-Site", "cross-site", 403}, {"all rights", "Host", "evil.example", 403},
	} {
		r, _ := http.NewRequest("GET", f.url+"/contents", nil)
		if row.header == "Host" {
			r.Host = row.value
		} else if row.header != "" {
			r.Header.Set(row.header, row.value)
		}
		r.Header.Set("Authorization", "Bearer "+row.token)
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != row.want {
			t.Errorf("%v: got %s", row, answer.Status)
		}
	}
}

// The tables with fixed activities: a message, a flood that was counted, and a refusal.
func TestTheTablesOfActivities(t *testing.T) {
	f := start(t, "", control.Options{})
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	note := func(tab string, count int, fields map[string]any) {
		f.stream.Note(bus.Event{Type: bus.Activity, Time: at, Script: "lights.lua", Tab: tab, Count: count, Fields: fields})
	}
	note("mqtt", 0, map[string]any{"direction": "in", "topic": "home/\u202e<img src=x>", "payload": "<img src=x>", "bytes": 11, "qos": 1, "retained": true})
	note("mqtt", 0, map[string]any{"direction": "out", "topic": "home/lamp", "payload": "on", "bytes": 2, "qos": 0})
	note("mqtt", 9980, nil)
	note("permissions", 0, map[string]any{"permission": "net", "what": "connect to example.com:443", "result": "refused", "count": 3})
	b := chromium.Open(t, f.url+"/inspect#mqtt", 1600, 900)
	b.UntilText("9980 more in lights.lua")
	b.Click("td .link")
	b.Until(`document.querySelector("td pre")`)
	wantTree(t, b, "mqtt")
	b.Click("#tab-permissions")
	b.UntilText("connect to example.com:443")
	wantTree(t, b, "permissions")
	for _, size := range sizes {
		b.Resize(size[0], size[1])
		if browser.Eval[bool](b, "document.documentElement.scrollWidth > innerWidth") {
			t.Errorf("at %v, the page is wider than its window", size)
		}
	}
}

func TestThePageShowsWhatTheModulesDo(t *testing.T) {
	f := startBusy(t)
	b := chromium.Open(t, f.url+"/inspect#http", 1600, 900)
	b.UntilText("/tide")
	if ids := browser.Eval[string](b, `[...document.querySelectorAll("[role=tab]")].map((e) => e.id.slice(4)).join()`); ids != "call,state,source,events,log,llm,link,devices,store,db,http,mqtt,permissions" {
		t.Errorf("the tabs are %s", ids)
	}
	for _, tab := range []struct{ id, want string }{{"mqtt", "home/lamp"}, {"permissions", "connect to refused.example:80"}} {
		b.Click("#tab-" + tab.id)
		b.UntilText(tab.want)
		b.CheckAccessibility(t, tab.id)
	}
	b.Click("td .link") // all of the row
	b.Until(`document.querySelector("td pre")?.innerText.includes("permission")`)
	b.Click("#tab-store")
	b.UntilText("Anna <img src=x>")
	b.Click("#tab-db")
	b.UntilText("more in lights.lua, too many to show")
	b.Until(`document.querySelector(".contents select[aria-label=Table]")?.value === "empty"`)
	b.UntilText("The table is empty")
	b.Do(`const e = document.querySelector("select[aria-label=Table]"); e.value = "orders"; e.dispatchEvent(new Event("change", { bubbles: true }))`)
	b.UntilText("order 100")
	b.Click(".contents .acts:last-child button:last-child")
	b.UntilText("101 to 200")
	b.UntilText("order 101")
	b.Click(".contents .acts:last-child button:last-child")
	b.UntilText("201 to 250")
	if browser.Eval[bool](b, `!document.querySelector(".contents .acts:last-child button:last-child").disabled`) {
		t.Error("there is a page after the last one")
	}
	b.PicturesAsItIs("contents")
	b.CheckAccessibility(t, "contents")
	if n := browser.Eval[int](b, `document.querySelectorAll("img").length`); n > 0 {
		t.Errorf("%d pictures come from a text", n)
	}
}

// A recording has the activities, and the page of a recording shows them.
func TestARecordingHasTheActivities(t *testing.T) {
	f := startBusy(t)
	path := ""
	testkit.Until(t, "the activities are recorded", func() bool {
		entries, _ := os.ReadDir(f.recording)
		path = filepath.Join(f.recording, entries[0].Name())
		text, _ := os.ReadFile(path)
		return strings.Contains(string(text), `"key":"guest"`) && strings.Contains(string(text), "all is done")
	})
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := web.NewStream(web.StreamOptions{Version: "v1"})
	if _, err := record.Read(file, s.Note); err != nil {
		t.Fatal(err)
	}
	f.showRecording(s)
	b := chromium.Open(t, f.url+"/inspect#mqtt", 1280, 800)
	b.UntilText("home/lamp")
	b.Click("#tab-store")
	b.UntilText("guest")
	if browser.Eval[bool](b, `!!document.querySelector(".contents")`) {
		t.Error("the page of a recording asks for contents")
	}
}
