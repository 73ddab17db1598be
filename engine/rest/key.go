package rest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
)

// A Key is an API key that does not show: nothing that formats, logs or
// encodes it, or a value it is part of, finds the text. The zero Key is none.
type Key struct {
	// A function, since fmt does not ask an unexported field how it wants to be
	// shown, and would print a string.
	text func() string
}

var (
	_ fmt.Formatter  = Key{}
	_ slog.LogValuer = Key{}
	_ json.Marshaler = Key{}
)

// NewKey makes a key of its text. White space around it, as from a file, does
// not belong to it.
func NewKey(text string) Key {
	text = strings.TrimSpace(text)
	if text == "" {
		return Key{}
	}
	return Key{func() string { return text }}
}

// IsZero says whether there is no key.
func (k Key) IsZero() bool { return k.text == nil }

func (k Key) reveal() string {
	if k.text == nil {
		return ""
	}
	return k.text()
}

// hide is text without the key: whoever answers may repeat what was asked.
func (k Key) hide(text string) string {
	if k.IsZero() {
		return text
	}
	return strings.ReplaceAll(text, k.text(), k.String())
}

// String says only whether there is a key.
func (k Key) String() string {
	if k.IsZero() {
		return "(no key)"
	}
	return "(key)"
}

func (k Key) Format(f fmt.State, _ rune)   { fmt.Fprint(f, k.String()) }
func (k Key) LogValue() slog.Value         { return slog.StringValue(k.String()) }
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }
