package fleetpage

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moonlark/engine/face/web"
	"moonlark/engine/testkit/browser"
)

// sources returns the program of the page without its texts.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(page, "page/fleet", func(name string, entry fs.DirEntry, err error) error {
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

// computed are the words that the program adds to a prefix to get the name of a text.
var computed = map[string][]string{
	"link_":   {"connecting", "live", "lost"},
	"only_":   {"all", "online", "offline", "trouble"},
	"status_": {"waiting", "connecting", "connected", "reconnecting", "ended"},
	"phase_":  {"fetching", "waiting", "trial", "good", "back", "refused", "untouched"},
	"result_": {"done", "failed", "stopped", "replaced", "rolled_back"},
	"tab_":    {"state", "talk", "log", "events"},
	"fact_":   {"connection", "heard", "conversation", "groups", "bundle", "wanted", "target", "moonlark", "digest"},
	"verb_":   verbs,
}

func TestEveryTextExistsInEachLanguageAndIsUsed(t *testing.T) {
	chromium.Need(t)
	mux := http.NewServeMux()
	mux.Handle("/web/", web.SharedFiles())
	mux.Handle("/", Files())
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	b := chromium.Open(t, s.URL+"/fleet", 800, 480)
	tables := browser.Eval[map[string]map[string]json.RawMessage](b, `import("./fleet/texts.js").then((m) => m.texts)`)
	var fromWords []string
	for prefix, words := range computed {
		for _, word := range words {
			fromWords = append(fromWords, prefix+word)
		}
	}
	browser.CheckTexts(t, tables, sources(t), fromWords)
}

// Each class that a rule of the style sheet is for is a word in the program of the page.
func TestTheStyleSheetHasNoRuleForAClassThatDoesNotExist(t *testing.T) {
	style, err := page.ReadFile("page/fleet/fleet.css")
	if err != nil {
		t.Fatal(err)
	}
	browser.CheckClasses(t, string(style), sources(t), 50)
}

// maxPageBytes is how large the files of the page may be as a browser gets them, without those that all pages share.
const maxPageBytes = 30 << 10

func TestThePageIsSmall(t *testing.T) {
	if size := Files().Size(); size > maxPageBytes {
		t.Errorf("the page has %d bytes, at most %d are allowed", size, maxPageBytes)
	}
}
