package fleetpage

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
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
	if len(tables) < 2 || len(tables["en"]) == 0 {
		t.Fatalf("there are %d languages, and %d English texts", len(tables), len(tables["en"]))
	}
	var fromWords []string
	for prefix, words := range computed {
		for _, word := range words {
			fromWords = append(fromWords, prefix+word)
		}
	}
	source := sources(t)
	for name, english := range tables["en"] {
		if !strings.Contains(source, `"`+name+`"`) && !slices.Contains(fromWords, name) {
			t.Errorf("no file uses the text %s", name)
		}
		for language, texts := range tables {
			if texts[name] == nil {
				t.Errorf("%s is missing in %s", name, language)
			} else if got, want := valuesOf(texts[name]), valuesOf(english); got != want {
				t.Errorf("%s has the values %s in %s, and %s in English", name, got, language, want)
			}
		}
	}
	for language, texts := range tables {
		for name := range texts {
			if tables["en"][name] == nil {
				t.Errorf("%s has %s, which is not English too", language, name)
			}
		}
	}
	for _, call := range regexp.MustCompile(`\b(?:say|sayWith)\("(\w+)"[,)]`).FindAllStringSubmatch(source, -1) {
		if tables["en"][call[1]] == nil {
			t.Errorf("the page says %s, which is no text", call[1])
		}
	}
	for _, name := range fromWords {
		if tables["en"][name] == nil {
			t.Errorf("the page may say %s, which is no text", name)
		}
	}
}

// valuesOf returns the words in braces of a text, or of both forms of one that depends on a number.
func valuesOf(text json.RawMessage) string {
	names := regexp.MustCompile(`\{\w+\}`).FindAllString(string(text), -1)
	slices.Sort(names)
	return strings.Join(names, " ")
}

// Each class that a rule of the style sheet is for is a word in the program of the page.
func TestTheStyleSheetHasNoRuleForAClassThatDoesNotExist(t *testing.T) {
	style, err := page.ReadFile("page/fleet/fleet.css")
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(?s)/\*.*?\*/|"[^"]*"`).ReplaceAllString(string(style), "")
	selectors := regexp.MustCompile(`\{[^{}]*\}`).ReplaceAllString(rules, "{}") // without the declarations
	words := map[string]bool{}
	for _, word := range regexp.MustCompile(`[A-Za-z][\w-]*`).FindAllString(sources(t), -1) {
		words[word] = true
	}
	classes := regexp.MustCompile(`\.([A-Za-z][\w-]*)`).FindAllStringSubmatch(selectors, -1)
	if len(classes) < 50 {
		t.Fatalf("the style sheet has only %d classes", len(classes))
	}
	for _, class := range classes {
		if !words[class[1]] {
			t.Errorf("the style sheet has a rule for the class %s, which no element has", class[1])
		}
	}
}

// maxPageBytes is how large the files of the page may be as a browser gets them, without those that all pages share.
const maxPageBytes = 30 << 10

func TestThePageIsSmall(t *testing.T) {
	if size := Files().Size(); size > maxPageBytes {
		t.Errorf("the page has %d bytes, at most %d are allowed", size, maxPageBytes)
	}
}
