package permit

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// minMasked is the length from which a secret is looked for in texts, in bytes. A shorter one could
// be part of a word.
const minMasked = 8

// A mask hides secrets in texts. The zero value hides none. Any goroutine may use it.
type mask struct {
	mu       sync.Mutex
	forms    map[string]string // what is shown in place of each form of a secret
	replacer atomic.Pointer[strings.Replacer]
	sorted   atomic.Pointer[[]string] // the forms, the longest first
}

// add makes hide hide s.
func (m *mask) add(s *Secret) {
	if len(s.Text) < minMasked {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.forms[s.Text]; ok {
		return
	}
	if m.forms == nil {
		m.forms = make(map[string]string)
	}
	for _, form := range formsOf(s.Text) {
		m.forms[form] = "[secret " + s.Name + "]"
	}
	var forms []string
	for form := range m.forms {
		forms = append(forms, form)
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) }) // the longest that fits is replaced
	var pairs []string
	for _, form := range forms {
		pairs = append(pairs, form, m.forms[form])
	}
	m.replacer.Store(strings.NewReplacer(pairs...))
	m.sorted.Store(&forms)
}

func (m *mask) hide(text string) string {
	if r := m.replacer.Load(); r != nil {
		return r.Replace(text)
	}
	return text
}

// Mask returns text with "[secret NAME]" in place of the secrets that Secret has returned, also
// where they are encoded as base64, in hexadecimal, in JSON or in a URL. It does not hide secrets
// of less than 8 bytes. Any goroutine may call it.
func (b *Broker) Mask(text string) string { return b.mask.hide(text) }

// MaskPrefix is like Mask, for a text whose end was cut off. It also removes the beginning of a secret
// from the end of the text. Any goroutine may call it.
func (b *Broker) MaskPrefix(text string) string { return b.mask.hide(b.mask.trimStart(text)) }

// trimStart returns text without the beginning of a form of a secret that may be at its end.
func (m *mask) trimStart(text string) string {
	forms := m.sorted.Load()
	if forms == nil {
		return text
	}
	for {
		longest := 0
		for _, form := range *forms {
			for n := min(len(form)-1, len(text)); n > longest; n-- {
				if strings.HasSuffix(text, form[:n]) {
					longest = n
				}
			}
		}
		if longest == 0 {
			return text
		}
		text = text[:len(text)-longest] // which may end with the beginning of another secret
	}
}

// formsOf returns text and its encoded forms.
func formsOf(text string) []string {
	query := url.QueryEscape(text)
	forms := []string{text, query, strings.ReplaceAll(query, "+", "%20"), url.PathEscape(text), hex.EncodeToString([]byte(text))}
	for _, escapeHTML := range []bool{true, false} {
		var quoted strings.Builder
		e := json.NewEncoder(&quoted)
		e.SetEscapeHTML(escapeHTML)
		if e.Encode(text) == nil {
			forms = append(forms, strings.TrimSuffix(quoted.String(), "\n")[1:quoted.Len()-2])
		}
	}
	// In base64, the form depends on the number of bytes before the text. The first and the last
	// character may also depend on the bytes beside the text, and are left out.
	for before := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte("xx"[:before] + text))
		encoded = encoded[(before*8+5)/6 : (before+len(text))*8/6]
		forms = append(forms, encoded, strings.NewReplacer("+", "-", "/", "_").Replace(encoded))
	}
	return forms
}
