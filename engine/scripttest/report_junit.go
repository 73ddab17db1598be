package scripttest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"moonlark/engine/safetext"
)

// The elements of a report in the format of JUnit, which CI systems read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string       `xml:"name,attr"`
		Class   string       `xml:"classname,attr"`
		File    string       `xml:"file,attr"`
		Time    string       `xml:"time,attr"`
		Failure *junitReason `xml:"failure"`
		Error   *junitReason `xml:"error"`
		Output  string       `xml:"system-out,omitempty"`
	}
	junitReason struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the results as XML in the format of JUnit.
func WriteJUnit(w io.Writer, files []File) error {
	s := Summarize(files)
	all := junitSuites{Tests: s.Tests + s.BrokenFiles, Failures: s.FailedTests, Errors: s.BrokenFiles}
	for _, f := range files {
		counts := Summarize([]File{f})
		suite := junitSuite{Name: f.Path, Tests: counts.Tests + counts.BrokenFiles, Failures: counts.FailedTests, Errors: counts.BrokenFiles, Time: seconds(f.Took)}
		class := strings.TrimSuffix(f.Path, ".lua")
		if f.Err != "" {
			suite.Cases = append(suite.Cases, junitCase{Name: "load", Class: class, File: f.Path, Time: seconds(f.Took), Error: newReason(f.Err)})
		}
		for _, t := range f.Tests {
			c := junitCase{Name: t.Name, Class: class, File: f.Path, Time: seconds(t.Took), Output: safetext.Text(strings.Join(t.Output, "\n"))}
			if t.Failure != "" {
				c.Failure = newReason(t.Failure)
			}
			suite.Cases = append(suite.Cases, c)
		}
		all.Suites = append(all.Suites, suite)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	}
	return err
}

func newReason(text string) *junitReason {
	text = safetext.Text(text)
	first, _, _ := strings.Cut(text, "\n")
	return &junitReason{first, text}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
