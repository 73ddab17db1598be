// Package apikey holds keys of other services in a way that keeps them out of logs and messages.
package apikey

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
)

// A Key is an API key whose text cannot be printed, logged or encoded by accident, neither directly
// nor as part of another value. The zero Key means that there is no key.
type Key struct {
	// text returns the key. It is a function and not a string, because fmt does not call the Format
	// method of values in unexported fields. It would print a string, but prints only the address
	// of a function.
	text func() string
}

var (
	_ fmt.Formatter  = Key{}
	_ slog.LogValuer = Key{}
	_ json.Marshaler = Key{}
)

// New returns a Key with this text, without the white space around the text. It returns the zero
// Key if no text is left.
func New(text string) Key {
	text = strings.TrimSpace(text)
	if text == "" {
		return Key{}
	}
	return Key{func() string { return text }}
}

// IsZero reports whether k is the zero Key, which means that there is no key.
func (k Key) IsZero() bool { return k.text == nil }

// Reveal returns the text of the key, or "" if there is no key. Only the code that sends the key
// calls it.
func (k Key) Reveal() string {
	if k.text == nil {
		return ""
	}
	return k.text()
}

// Hide replaces the key in a text from the server by "(key)", because the server may repeat what it
// received.
func (k Key) Hide(text string) string {
	if k.IsZero() {
		return text
	}
	return strings.ReplaceAll(text, k.text(), k.String())
}

// String returns "(key)", or "(no key)" if there is no key. It never returns the key's text.
func (k Key) String() string {
	if k.IsZero() {
		return "(no key)"
	}
	return "(key)"
}

// Format implements [fmt.Formatter]. It prints the text of String for every verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }

// LogValue implements [slog.LogValuer]. It returns the text of String.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON implements [json.Marshaler]. It returns the text of String.
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }
