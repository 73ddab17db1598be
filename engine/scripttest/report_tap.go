package scripttest

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"moonlark/engine/safetext"
)

// WriteTAP writes the results in the Test Anything Protocol, version 13.
func WriteTAP(w io.Writer, files []File) error {
	var b strings.Builder
	s := Summarize(files)
	fmt.Fprintf(&b, "TAP version 13\n1..%d\n", s.Tests+s.BrokenFiles)
	n := 0
	point := func(passed bool, name string) {
		n++
		if !passed {
			b.WriteString("not ")
		}
		// "#" would begin a directive
		fmt.Fprintf(&b, "ok %d - %s\n", n, strings.ReplaceAll(safetext.Line(name), "#", `\#`))
	}
	for _, f := range files {
		if f.Err != "" {
			point(false, f.Path)
			writeDiagnostic(&b, f.Err, nil)
		}
		for _, t := range f.Tests {
			point(t.Failure == "", f.Path+": "+t.Name)
			if t.Failure != "" {
				writeDiagnostic(&b, t.Failure, t.Output)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeDiagnostic writes the YAML block of a test that has failed.
func writeDiagnostic(b *strings.Builder, message string, output []string) {
	b.WriteString("  ---\n  message: " + strconv.Quote(message) + "\n")
	if len(output) > 0 {
		b.WriteString("  output:\n")
		for _, line := range output {
			b.WriteString("    - " + strconv.Quote(line) + "\n")
		}
	}
	b.WriteString("  ...\n")
}
