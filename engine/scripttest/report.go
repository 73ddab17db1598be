package scripttest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"moonlark/engine/safetext"
)

// A Summary counts the results of tests.
type Summary struct {
	Files, Tests, FailedTests int
	BrokenFiles               int // files that could not be loaded
}

// Summarize counts the results in files.
func Summarize(files []File) (s Summary) {
	s.Files = len(files)
	for _, f := range files {
		if f.Err != "" {
			s.BrokenFiles++
		}
		s.Tests += len(f.Tests)
		for _, t := range f.Tests {
			if t.Failure != "" {
				s.FailedTests++
			}
		}
	}
	return s
}

// Failed reports whether a test has failed, or a file could not be loaded.
func (s Summary) Failed() bool { return s.FailedTests+s.BrokenFiles > 0 }

// String returns the counts as a sentence.
func (s Summary) String() string {
	text := fmt.Sprintf("%s passed in %s", count(s.Tests-s.FailedTests, "test"), count(s.Files, "file"))
	if s.FailedTests > 0 {
		text = fmt.Sprintf("%s failed, %d passed in %s", count(s.FailedTests, "test"), s.Tests-s.FailedTests, count(s.Files, "file"))
	}
	if s.BrokenFiles > 0 {
		text += fmt.Sprintf("; %s could not be loaded", count(s.BrokenFiles, "file"))
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// WriteText writes the result of a file for people: one line for a file that has passed, and the
// reason and the output of each test that has failed.
func WriteText(w io.Writer, f File) {
	var b strings.Builder
	defer func() { io.WriteString(w, b.String()) }()
	path := safetext.Line(f.Path)
	if f.Err != "" {
		fmt.Fprintf(&b, "FAIL  %s could not be loaded\n", path)
		writeIndented(&b, f.Err)
		if f.Hint != "" {
			writeIndented(&b, "hint: "+f.Hint)
		}
		return
	}
	for _, t := range f.Tests {
		if t.Failure == "" {
			continue
		}
		fmt.Fprintf(&b, "FAIL  %s: %s\n", path, safetext.Line(t.Name))
		writeIndented(&b, t.Failure)
		if len(t.Output) > 0 {
			writeIndented(&b, "output:\n  "+strings.ReplaceAll(strings.Join(t.Output, "\n"), "\n", "\n  "))
		}
		if slices.ContainsFunc(t.Output, func(line string) bool { return strings.Contains(line, ". Start with --allow-") }) {
			writeIndented(&b, "hint: what is neither faked nor granted is refused: use t.http or t.exec, or give moonlark test the flag")
		}
	}
	if !f.Failed() {
		fmt.Fprintf(&b, "ok    %s  %s, %s\n", path, count(len(f.Tests), "test"), f.Took.Round(time.Millisecond))
	}
}

func writeIndented(b *strings.Builder, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString("      " + safetext.Text(line) + "\n")
	}
}
