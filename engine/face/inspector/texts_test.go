package inspector

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moonlark/engine/face/control"
	"moonlark/engine/face/web"
	"moonlark/engine/testkit/browser"
)

// sources returns the program of the page without its texts.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(page, "page/inspect", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".js") || strings.HasSuffix(name, "/texts.js") {
			return err
		}
		text, err := page.ReadFile(name)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// computed returns the names of texts that the program puts together from a prefix and a word.
func computed() []string {
	words := map[string][]string{
		"phase_":  {"waiting", "connecting", "listening", "hearing", "thinking", "speaking", "ended"},
		"link_":   {"connecting", "live", "lost"},
		"who_":    {"replay", "local", "agent", "url", "none"},
		"view_":   {"main", "right", "left"},
		"as_":     {"user", "context", "event"},
		"hint_":   {"user", "context", "event"},
		"key_":    {"you", "heard", "wait", "tool", "agent"},
		"tab_":    {"call", "state", "source", "events", "log", "pins"},
		"stage_":  {"understand", "decide", "tools", "answer", "voice"},
		"column_": {"script"},
		"mic_":    {"denied", "missing", "busy", "ended", "muted"},
		"":        {"input", "output"}, // the directions of pins
	}
	for _, one := range tabs {
		words["tab_"] = append(words["tab_"], one.ID)
		words["about_"] = append(words["about_"], one.ID)
		for _, c := range one.Columns {
			words["column_"] = append(words["column_"], c.Name)
		}
	}
	var names []string
	for prefix, list := range words {
		for _, word := range list {
			names = append(names, prefix+word)
		}
	}
	return names
}

// openFiles opens the page without a server that knows of an agent: it only has files.
func openFiles(t *testing.T) *browser.Tab {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/web/", web.SharedFiles())
	mux.Handle("/", Files())
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return chromium.Open(t, s.URL+"/inspect", 800, 480)
}

func TestEveryTextExistsInEachLanguageAndIsUsed(t *testing.T) {
	b := openFiles(t)
	tables := browser.Eval[map[string]map[string]json.RawMessage](b, `import("./inspect/texts.js").then((m) => m.texts)`)
	browser.CheckTexts(t, tables, sources(t), computed())
}

func TestTheLanguageOfThePageIsThatOfTheAddressOrOfTheBrowser(t *testing.T) {
	b := openFiles(t)
	for _, c := range []struct{ query, browser, want string }{
		{"", "fr-FR,en", "en"}, {"", "fr", "en"}, {"", "de-AT,en", "de"}, {"?lang=de", "en", "de"}, {"?lang=EN-gb", "de", "en"}, {"?lang=constructor", "de", "de"},
	} {
		b.Speak(c.browser)
		b.Do(`history.replaceState(null, "", "/inspect` + c.query + `")`)
		b.Reload()
		b.Until(`document.documentElement.dir === "ltr" && document.title.startsWith("Moonlark ·") && document.querySelector(".views")`)
		if got := browser.Eval[string](b, "document.documentElement.lang"); got != c.want {
			t.Errorf("with %s and the browser's languages %s, the page is in %s, want %s", c.query, c.browser, got, c.want)
		}
	}
	if got := browser.Eval[string](b, "document.querySelector('.views').ariaLabel"); got != "Teile der Seite" {
		t.Errorf("the German page says %s", got)
	}
}

func TestThePageShowsAConversationInGerman(t *testing.T) {
	f := start(t, lights, control.Options{})
	f.showConversation(f.engine.Remote())
	b := chromium.Open(t, f.url+"/inspect?lang=de", 1600, 900)
	b.UntilText("hall on")
	b.Do(`[...document.querySelectorAll(".line.call")].find((e) => e.textContent.includes("no tide")).click()`)
	b.UntilText("Was der Agent bekam")
	for _, want := range []string{
		"verstehen 0,41 · überlegen 0,52 · set_light 0,01 · antworten 0,30 · Stimme 0,24", "1,48 s bis zum ersten Wort",
		"lights.lua wurde nicht neu geladen: lights.lua:18: '}' expected near 'handler'",
	} {
		b.UntilText(want)
	}
	wantTree(t, b, "german")
	for _, size := range sizes {
		b.Resize(size[0], size[1])
		if browser.Eval[bool](b, "document.documentElement.scrollWidth > innerWidth") {
			t.Errorf("at %v, the German page is wider than its window", size)
		}
	}
	b.Pictures("german")
	b.Click("#tab-state") // a new fragment does not lose the language
	b.Reload()
	b.UntilText("Die Tabelle state ist leer.")
}
