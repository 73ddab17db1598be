package mcp

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

func TestFramesAreLines(t *testing.T) {
	full := strings.Repeat("x", maxFrame)
	for _, row := range []struct{ why, in, want string }{
		{"nothing", "", "EOF"},
		{"lines", "a\nb\n", "a, b, EOF"},
		{"the end of a file without a newline", "a\nb", "a, b, EOF"},
		{"lines of Windows", "a\r\nb\r\n", "a\r, b\r, EOF"},
		{"empty lines", "\n\na\n", ", , a, EOF"},
		{"a line of the greatest length", full + "\na\n", full + ", a, EOF"},
		{"a line that is too long", full + "x\na\n", "too long, a, EOF"},
		{"a line that is too long, and the end", full + "x", "too long, EOF"},
		{"a long message with an id at its end", `{"params":{"id":5,"x":"` + full + `"},"id":7}` + "\na\n", "too long 7, a, EOF"},
		{"a long message with an id at its beginning", `{"jsonrpc": "2.0", "id": "seven", "params":{"x":"` + full + `"}}` + "\n", `too long "seven", EOF`},
		{"a long message with an id in strings only", `{"x":"\"id\":1,","y":["id",2],"z":"` + full + `"}` + "\n", "too long, EOF"},
		{"a long message with an id that is too long", `{"id":"` + full + `"}` + "\n", "too long, EOF"},
		{"a long list", `["id",` + full + `]` + "\n", "too long, EOF"},
	} {
		r, got := newFrameReader(strings.NewReader(row.in)), []string{}
		for {
			line, err := r.next()
			if errors.Is(err, errFrameTooLong) {
				got = append(got, strings.TrimSpace("too long "+string(line)))
				continue
			}
			if err != nil {
				got = append(got, err.Error())
				break
			}
			got = append(got, string(line))
		}
		if text := strings.Join(got, ", "); text != row.want {
			t.Errorf("%s: got %.200q, want %.200q", row.why, text, row.want)
		}
	}
}

func TestALongLineDoesNotUseMuchMemory(t *testing.T) {
	in := io.MultiReader(io.LimitReader(letters{}, 64<<20), strings.NewReader("\nnext\n"))
	r := newFrameReader(in)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := r.next(); !errors.Is(err, errFrameTooLong) {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 16*maxFrame {
		t.Errorf("a line of 64 MiB took %d bytes", used)
	}
	if line, err := r.next(); string(line) != "next" || err != nil {
		t.Errorf("then came %q, %v", line, err)
	}
}

// letters is an endless text without a newline.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func FuzzIDScanner(f *testing.F) {
	f.Add(`{"id":1}`, 3)
	f.Add(`{"a":{"id":2},"id":"x\"y"}`, 9)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		whole, parts := new(idScanner), new(idScanner)
		whole.scan([]byte(text))
		at := max(0, min(cut, len(text)))
		parts.scan([]byte(text[:at]))
		parts.scan([]byte(text[at:]))
		if a, b := fmt.Sprintf("%q", whole.id()), fmt.Sprintf("%q", parts.id()); a != b {
			t.Errorf("%q: in one part the id is %s, in two it is %s", text, a, b)
		}
		if len(whole.token) > maxScanned || len(whole.name) > maxScanned {
			t.Errorf("%q: the scanner keeps more than %d bytes", text, maxScanned)
		}
	})
}
