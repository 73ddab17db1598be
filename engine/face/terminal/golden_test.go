package terminal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
)

var update = flag.Bool("update", false, "write the golden files again")

// story reads events from a file. The time of each event is one second after that of the event
// before.
func story(t *testing.T, file string) []bus.Event {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var events []bus.Event
	at := time.Date(2026, 5, 1, 14, 3, 0, 0, time.UTC)
	for s := bufio.NewScanner(f); s.Scan(); {
		var e bus.Event
		if err := json.Unmarshal(s.Bytes(), &e); err != nil {
			t.Fatalf("%s: %v", s.Text(), err)
		}
		e.Time = at
		at = at.Add(time.Second)
		events = append(events, e)
	}
	return events
}

// Each file testdata/x.jsonl has a list of events, and testdata/x.golden shows how all views show
// these events. If a view has colours, the golden file has the names of the styles in brackets.
func TestEventsAreShownAsInTheGoldenFiles(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.jsonl")
	if len(files) == 0 {
		t.Fatal("no stories")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := views(t, story(t, file))
			golden := strings.TrimSuffix(file, ".jsonl") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			sameLines(t, got, string(want))
		})
	}
}

// sameLines compares two texts. It ends the test at the first line that differs.
func sameLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		switch {
		case i >= len(g):
			t.Fatalf("line %d: got nothing, want %q", i+1, w[i])
		case i >= len(w):
			t.Fatalf("line %d: got %q, want nothing", i+1, g[i])
		case g[i] != w[i]:
			t.Fatalf("line %d: got %q, want %q", i+1, g[i], w[i])
		}
	}
}

// views shows the events in all views and returns what the user sees, each view under a heading.
func views(t *testing.T, events []bus.Event) string {
	var b strings.Builder
	for _, width := range []int{40, 100} {
		for _, color := range []bool{false, true} {
			v := newFakeScreen(width, 24)
			s := newTestScreen(v, color)
			play(s, events)
			text, name := v.text(), fmt.Sprint(width, " columns")
			if color {
				text, name = v.styled(), name+", colour"
			}
			fmt.Fprintf(&b, "-- %s --\n%s", name, text)
			if v.wrapped > 0 || v.unexpected != "" {
				t.Errorf("%s: %d rows too wide, unexpected %s", name, v.wrapped, v.unexpected)
			}
		}
	}
	ascii := func(string) string { return "" }
	for _, env := range []func(string) string{os.Getenv, ascii} {
		var stdout, stderr bytes.Buffer
		if env("LANG") != "" {
			env = func(string) string { return "C.UTF-8" }
		}
		term := New(Options{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Env: env})
		for _, e := range events {
			term.Show(e)
		}
		term.Close()
		fmt.Fprintf(&b, "-- plain, standard output --\n%s-- plain, standard error --\n%s", &stdout, &stderr)
	}
	var stdout, stderr bytes.Buffer
	term := New(Options{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, JSON: true, Env: ascii})
	for _, e := range events {
		term.Show(e)
	}
	term.Close()
	fmt.Fprintf(&b, "-- json, standard output --\n%s-- json, standard error --\n%s", &stdout, &stderr)
	return b.String()
}

// play shows events on the screenView s, through a Terminal, and closes the Terminal.
func play(s *screenView, events []bus.Event) {
	term := onScreen(s, Options{})
	for _, e := range events {
		term.Show(e)
	}
	term.Close()
}
