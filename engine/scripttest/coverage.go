package scripttest

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"moonlark/engine/safetext"
	"moonlark/engine/script"
)

// WriteCoverage writes how many lines of each file have run, and which have not, for people.
func WriteCoverage(w io.Writer, files []script.FileCoverage) error {
	if len(files) == 0 {
		_, err := io.WriteString(w, "no script could be loaded, so no line has run\n")
		return err
	}
	var b strings.Builder
	covered, lines := 0, 0
	for _, f := range files {
		n := f.Covered()
		covered, lines = covered+n, lines+len(f.Lines)
		fmt.Fprintf(&b, "%6s  %s", percent(n, len(f.Lines)), safetext.Line(f.Path))
		if missed := missedLines(f); missed != "" {
			b.WriteString("  not run: " + missed)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%6s  of %s\n", percent(covered, lines), count(lines, "line"))
	_, err := io.WriteString(w, b.String())
	return err
}

func percent(n, of int) string {
	if of == 0 {
		return "100%"
	}
	return strconv.FormatFloat(float64(n)*100/float64(of), 'f', 1, 64) + "%"
}

// missedLines returns the lines with code that have not run, as ranges such as "3-5, 9". A range goes on
// over lines without code.
func missedLines(f script.FileCoverage) string {
	var ranges []string
	for i := 0; i < len(f.Lines); i++ {
		if f.Lines[i].Runs > 0 {
			continue
		}
		first := f.Lines[i].Line
		for i+1 < len(f.Lines) && f.Lines[i+1].Runs == 0 {
			i++
		}
		text := strconv.Itoa(first)
		if last := f.Lines[i].Line; last != first {
			text += "-" + strconv.Itoa(last)
		}
		ranges = append(ranges, text)
	}
	return strings.Join(ranges, ", ")
}

// WriteLCOV writes the coverage in the format of lcov, which editors and CI systems read.
func WriteLCOV(w io.Writer, files []script.FileCoverage) error {
	var b strings.Builder
	for _, f := range files {
		fmt.Fprintf(&b, "TN:\nSF:%s\n", f.Path)
		for _, l := range f.Lines {
			fmt.Fprintf(&b, "DA:%d,%d\n", l.Line, l.Runs)
		}
		fmt.Fprintf(&b, "LF:%d\nLH:%d\nend_of_record\n", len(f.Lines), f.Covered())
	}
	_, err := io.WriteString(w, b.String())
	return err
}
