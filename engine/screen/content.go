package screen

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"moonlark/engine/guess"
)

// A Maker makes the parts of a document from trees of plain values: map[string]any, []any, string,
// float64, bool, nil and Handler, as encoding/json decodes them. An error names the place of the mistake,
// and suggests a correction where there is one. Any goroutine may use it.
type Maker struct {
	// Image returns the picture that a block names. Nil means that only the bytes of pictures can be
	// shown.
	Image func(name string) (*Image, error)
	// Key returns a name that no button has had. Nil numbers the buttons.
	Key func() string
}

// A Content is a list of blocks, with their pictures and what their buttons do.
type Content struct {
	Blocks   []Block
	images   map[string]*Image
	bindings map[string]binding
	sources  map[string]map[string]any // the trees of the blocks that have an id
}

// reader returns a reader that has read nothing.
func (m Maker) reader() *reader {
	r := &reader{
		image: m.Image, newKey: m.Key,
		ids: make(map[string]bool), bindings: make(map[string]binding), images: make(map[string]*Image), sources: make(map[string]map[string]any),
	}
	if r.newKey == nil {
		n := 0
		r.newKey = func() string { n++; return fmt.Sprint(n) }
	}
	if r.image == nil {
		r.image = func(name string) (*Image, error) {
			if !IsImage(name) {
				return nil, errors.New("want the bytes of a picture: there are no files here")
			}
			return NewImage([]byte(name))
		}
	}
	return r
}

// Blocks makes the content from a list of blocks.
func (m Maker) Blocks(tree any) (*Content, error) {
	r := m.reader()
	blocks := r.blocks(tree, "", false)
	if r.err == nil {
		r.checkSize(blocks)
	}
	if r.err != nil {
		return nil, r.err
	}
	return &Content{Blocks: blocks, images: r.images, bindings: r.bindings, sources: r.sources}, nil
}

// checkSize fails if the blocks are too large.
func (r *reader) checkSize(blocks []Block) {
	if text, err := json.Marshal(blocks); err != nil {
		r.fail("", "%s", err)
	} else if len(text) > MaxDocument {
		r.fail("", "the blocks have %d bytes as JSON; the maximum is %d", len(text), MaxDocument)
	}
}

// Parse makes the content from JSON: a list of blocks.
func (m Maker) Parse(text []byte) (*Content, error) {
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	return m.Blocks(tree)
}

// Texts are the names of the texts of the page that a script can replace.
var Texts = []string{
	"listening", "hearing", "thinking", "speaking", "offline", "unreachable", "stale", "trying", "stop", "larger", "back", "touch", "keys", "you", "agent",
	"remaining", "unavailable", "welcome", "later", "tap", "taken", "use_here", "insecure", "insecure_how",
	"mic_denied", "mic_missing", "mic_busy", "mic_ended", "mic_muted",
}

// Languages are the languages of the texts of the page.
var Languages = []string{"en", "de"}

// Settings makes settings from a table. What the table does not set is taken from before.
func (m Maker) Settings(tree any, before Settings) (Settings, error) {
	r := m.reader()
	t := r.table(tree, "the table")
	s := before
	if t.m["title"] != nil {
		s.Title = t.text("title", maxLabel)
	}
	t.used = append(t.used, "title")
	s.Captions = t.choice("captions", s.Captions, "both", "agent", "user", "none")
	s.Idle = t.number("idle", s.Idle, 5, 86400)
	s.Linger = t.number("linger", s.Linger, 0, 86400)
	s.Wake = t.flag("wake", s.Wake)
	s.Night = r.night(t, s.Night)
	s.Reach = t.choice("reach", s.Reach, "low", "full")
	if lang := t.text("lang", 20); lang != "" {
		s.Lang = lang
		s.Dir = "ltr"
		if base, _, _ := strings.Cut(lang, "-"); strings.Contains(" ar he fa ur ", " "+base+" ") {
			s.Dir = "rtl"
		}
	}
	s.Dir = t.choice("dir", s.Dir, "ltr", "rtl")
	if theme := t.get("theme"); theme != nil {
		r.theme(theme, &s)
	}
	s.Accent = legible(s.accent, s.Scheme)
	if texts := t.get("texts"); texts != nil {
		r.texts(texts, &s)
	}
	t.end()
	return s, r.err
}

// nightForm matches a value of night, such as "22:00-06:00".
var nightForm = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$`)

// night reads the field night of the settings. "" means that there is no night.
func (r *reader) night(t *table, before string) string {
	if t.m["night"] == nil {
		t.used = append(t.used, "night")
		return before
	}
	night := t.text("night", maxLabel)
	if night != "" && !nightForm.MatchString(night) {
		r.fail("the table: night", " is %q; it must be two times such as \"22:00-06:00\"", shorten(night))
		return before
	}
	return night
}

// theme reads the field theme of the settings.
func (r *reader) theme(tree any, s *Settings) {
	t := r.table(tree, "theme")
	s.Scheme = t.choice("scheme", s.Scheme, "dark", "light")
	s.Scale = t.number("scale", s.Scale, 0.5, 3)
	if accent := t.text("accent", maxLabel); accent != "" {
		if s.accent = accent; !colourForm.MatchString(accent) {
			r.fail("theme: accent", " is %q; it must be a colour such as \"#f1d08a\"", shorten(accent))
			s.accent = ""
		}
	}
	t.end()
}

// texts reads the field texts of the settings.
func (r *reader) texts(tree any, s *Settings) {
	t := r.table(tree, "texts")
	s.Texts = make(map[string]string)
	for _, name := range sortedNames(t.m) {
		if !slices.Contains(Texts, name) {
			r.fail("texts", " has %q; the page has no such text%s", shorten(name), guess.DidYouMean(name, Texts))
		}
		s.Texts[name] = t.text(name, maxLabel)
	}
}

// IdlePage makes the idle page from a table.
func (m Maker) IdlePage(tree any) (*IdleContent, error) {
	r := m.reader()
	t := r.table(tree, "the table")
	page := &IdleContent{Idle: Idle{Title: t.text("title", maxLabel), Hint: t.text("hint", maxText)}, bindings: r.bindings}
	if t.get("asks") != nil {
		for i, v := range t.list("asks", 6) {
			ask := r.text(v, fmt.Sprintf("asks[%d]", i+1), maxLabel)
			if strings.TrimSpace(ask) == "" {
				r.fail("asks", "[%d] is empty", i+1)
			}
			key := r.newKey()
			r.bindings[key] = binding{say: ask, value: ask}
			page.Asks = append(page.Asks, Button{Key: key, Text: ask})
		}
	}
	t.end()
	return page, r.err
}

// An IdleContent is an idle page that can be shown.
type IdleContent struct {
	Idle
	bindings map[string]binding
}

// Question makes a question from a table. seconds is its timeout; 0 means none.
func (m Maker) Question(tree any) (q *Question, seconds float64, err error) {
	r := m.reader()
	t := r.table(tree, "the table")
	q = &Question{Title: t.want("title", maxLabel), Text: t.text("text", maxText)}
	for i, v := range t.list("choices", 6) {
		choice := r.text(v, fmt.Sprintf("choices[%d]", i+1), maxLabel)
		if strings.TrimSpace(choice) == "" {
			r.fail("choices", "[%d] is empty", i+1)
		}
		q.Choices = append(q.Choices, Button{Key: r.newKey(), Text: choice, Primary: i == 0})
	}
	seconds = t.number("timeout", 0, 1, 600)
	t.end()
	return q, seconds, r.err
}
