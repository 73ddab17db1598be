package terminal

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// report returns the text of a Report on lines. The text has cols columns, and the names of styles
// are in brackets.
func report(cols int, color bool, lines ...Line) string {
	var b bytes.Buffer
	r := NewReport(Options{Stdout: &b, Env: func(name string) string { return map[string]string{"LANG": "C.UTF-8"}[name] }})
	r.cols = func() int { return cols }
	r.theme.color = color
	for _, l := range lines {
		r.Add("first", l)
	}
	r.Add("second", Line{Mark: "ok", Text: "all"})
	r.Close("1 error")
	return strings.NewReplacer("\x1b[2m", "[dim]", "\x1b[31m", "[bad]", "\x1b[m", "[]").Replace(b.String())
}

func TestReportIsInColumns(t *testing.T) {
	lines := []Line{
		{Mark: "ok", Subject: "a", Text: "is well"},
		{Mark: "error", Subject: "abcd", Text: "is not well at all, and that for a long time now", Fix: "do something about it, and soon"},
		{Mark: "skipped", Subject: strings.Repeat("long", 8), Text: "nobody knows"},
		{Mark: "warning", Text: "without a subject"},
	}
	for _, row := range []struct {
		name  string
		cols  int
		color bool
		want  string
	}{
		{"wide", 1000, false, `
first
  ok       a     is well
  error    abcd  is not well at all, and that for a long time now
                 → do something about it, and soon
  skipped  longlonglonglonglonglonglonglong
                 nobody knows
  warning        without a subject

second
  ok  all

1 error
`},
		{"a terminal", 50, true, `
first
  [dim]ok[]       a     is well
  [bad]error[]    abcd  is not well at all, and that for
                 a long time now
                 [dim]→ []do something about it, and soon
  [dim]skipped[]  longlonglonglonglonglonglonglong
                 nobody knows
  warning        without a subject

second
  [dim]ok[]  all

1 error
`},
		{"a narrow one", 30, false, `
first
  ok       a
    is well
  error    abcd
    is not well at all, and
    that for a long time now
    → do something about it,
      and soon
  skipped  longlonglonglonglo…
    nobody knows
  warning
    without a subject

second
  ok
    all

1 error
`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := "\n" + report(row.cols, row.color, lines...); got != row.want {
				t.Errorf("got %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestReportIsSafeForATerminal(t *testing.T) {
	const hostile = "a\x1b[2J\nb\u202e"
	got := report(80, false, Line{Mark: hostile, Subject: hostile, Text: hostile, Fix: hostile})
	if strings.ContainsAny(got, "\x1b\u202e") || strings.Count(got, "\n") != 8 {
		t.Errorf("got %q", got)
	}
}

func TestReportReturnsAnErrorOfTheOutput(t *testing.T) {
	r := NewReport(Options{Stdout: broken{}})
	r.Add("first", Line{Mark: "ok"})
	if err := r.Close("the end"); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
