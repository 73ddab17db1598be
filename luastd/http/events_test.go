package http

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// events returns the events in text, whose lines end in LF.
func events(text string) (all []event) {
	p := new(eventParser)
	lines := strings.Split(text, "\n")
	for _, line := range lines[:len(lines)-1] { // the last line has no end
		if e, ok := p.line(line); ok {
			all = append(all, e)
		}
	}
	return all
}

func TestEvents(t *testing.T) {
	for _, row := range []struct {
		why, text string
		want      []event
	}{
		{"nothing", "", nil},
		{"no empty line", "data: a\n", nil},
		{"one", "data: a\n\n", []event{{"message", "a", "", 0}}},
		{"a byte order mark", "\ufeffdata: a\n\n", []event{{"message", "a", "", 0}}},
		{"only one space is removed", "data:  a\n\n", []event{{"message", " a", "", 0}}},
		{"a field without a colon", "data\n\n", []event{{"message", "", "", 0}}},
		{"an unknown field", "datum: x\ndata: a\n\n", []event{{"message", "a", "", 0}}},
		{"the name does not stay", "event: x\ndata: a\n\ndata: b\n\n", []event{{"x", "a", "", 0}, {"message", "b", "", 0}}},
		{"the name of an event without data does not stay", "event: x\n\ndata: b\n\n", []event{{"message", "b", "", 0}}},
		{"the id stays", "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", []event{{"message", "a", "1", 0}, {"message", "b", "1", 0}, {"message", "c", "", 0}}},
		{"an id with a zero byte", "id: 1\x00\ndata: a\n\n", []event{{"message", "a", "", 0}}},
		{"retry", "retry: 250\ndata: a\n\ndata: b\n\n", []event{{"message", "a", "", 250 * time.Millisecond}, {"message", "b", "", 0}}},
		{"retry that is not a number", "retry: +1\ndata: a\n\nretry: 99999999999\ndata: b\n\n", []event{{"message", "a", "", 0}, {"message", "b", "", 0}}},
	} {
		got := events(row.text)
		if len(got) != len(row.want) {
			t.Errorf("%s: got %+v, want %+v", row.why, got, row.want)
			continue
		}
		for i := range got {
			if got[i] != row.want[i] {
				t.Errorf("%s: got %+v, want %+v", row.why, got[i], row.want[i])
			}
		}
	}
}

// An event that is written again by the rules of the format must be read as the same event.
func FuzzEvents(f *testing.F) {
	for _, text := range []string{"data: a\n\n", "event: x\nid: 1\nretry: 5\ndata: a\ndata: b\n\n", ": c\n\ndata\n\n", "\ufeff\n", "data:\n\nid\n\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(text, "\r", "")
		var written strings.Builder
		all := events(text)
		for _, e := range all {
			if e.event == "" || strings.Contains(e.id, "\x00") || len(e.data)+len(e.event)+len(e.id) > len(text)+len("message") {
				t.Fatalf("%q became %+v", text, e)
			}
			written.WriteString("event: " + e.event + "\nid: " + e.id + "\n")
			for line := range strings.SplitSeq(e.data, "\n") {
				written.WriteString("data: " + line + "\n")
			}
			written.WriteString("\n")
		}
		again := events(written.String())
		if len(again) != len(all) {
			t.Fatalf("%q became %d events, and %d when written again", text, len(all), len(again))
		}
		for i := range again {
			if all[i].retry = 0; again[i] != all[i] {
				t.Fatalf("%+v became %+v when written again", all[i], again[i])
			}
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"0": 0, "60": time.Minute, "Fri, 02 Jan 2026 03:04:15 GMT": 10 * time.Second, "Fri, 02 Jan 2026 03:00:00 GMT": 0,
		"": -1, "-1": -1, "1.5": -1, "soon": -1, "99999999999999": -1,
	} {
		got, ok := retryAfter(http.Header{"Retry-After": {text}}, now)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"http://a/", "https://a:1/b?c=d#e", "http://[::1%25lo]/", "http://a/?\x80 \"", "HTTP://u:p@A./"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := parseURL(s)
		if err != nil {
			return
		}
		line := u.RequestURI()
		for _, c := range []byte(line) {
			if c <= ' ' || c == 0x7f {
				t.Fatalf("the request line of %q has the byte %#x: %q", s, c, line)
			}
		}
		if u.Hostname() == "" || origin(u) == "" || strings.Contains(shown(u), "@"+u.Host) {
			t.Fatalf("%q became %q, shown as %q", s, u, shown(u))
		}
		again, err := parseURL(u.String())
		if err != nil || again.RequestURI() != line {
			t.Fatalf("%q became %q, and that became %v (%v)", s, u, again, err)
		}
	})
}
