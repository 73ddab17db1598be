// Package libraries runs the tests of public Lua libraries on Moonlark and on lua5.1, compares the
// results and writes docs/lua-libraries.md. The libraries are not part of this repository, and the
// test fetches nothing: it reads a folder with one checkout for each library. See .ci/lua-libraries.
package libraries

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

var (
	folder    = flag.String("libraries", "", "folder with one checkout for each library")
	writePage = flag.Bool("write", false, "write docs/lua-libraries.md")
)

// timeout is the maximum time that one test file may run.
const timeout = 130 * time.Second

// page is the path of the page that TestLibraries writes.
var page = filepath.Join("..", "..", "..", "docs", "lua-libraries.md")

// An outcome is what the tests of one library have given on one implementation of Lua.
type outcome struct {
	results map[string]string // from the name of a test to "ok", "skip" or its error message
	asserts int               // number of assertions that have passed in plain test programs
	output  []string          // lines that plain test programs have printed
}

func (o *outcome) count(want func(string) bool) (n int) {
	for _, result := range o.results {
		if want(result) {
			n++
		}
	}
	return n
}

func passed(result string) bool  { return result == "ok" }
func counted(result string) bool { return result != "skip" }

// TestLibraries runs the tests of all libraries whose checkouts are in the folder. It fails if the
// results of a library differ and the table gives no reason, or if the table gives a reason for a
// library whose results do not differ.
func TestLibraries(t *testing.T) {
	if *folder == "" {
		t.Skip("the flag -libraries names no folder; see .ci/lua-libraries")
	}
	lua, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Fatal("lua5.1 is not installed")
	}
	moonlark := testkit.Moonlark(t)
	rows := make([]row, len(table))
	t.Run("all", func(t *testing.T) {
		for i, l := range table {
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				rows[i] = runLibrary(t, l, lua, moonlark)
			})
		}
	})
	if *writePage {
		if err := os.WriteFile(page, []byte(pageText(rows)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// runLibrary runs the tests of l on both implementations. It skips the test if the folder has no
// checkout of l.
func runLibrary(t *testing.T, l library, lua, moonlark string) row {
	checkout := filepath.Join(*folder, l.folder())
	commit, err := commitOf(checkout)
	if err != nil {
		t.Skipf("no checkout: %v", err)
	}
	r := row{library: l, commit: commit}
	work := t.TempDir()
	files, err := l.copyTo(work, *folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no file of %s matches %v", checkout, l.tests)
	}
	for _, file := range files {
		main, err := l.driver(work, file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(work, "main.lua"), []byte(main), 0o644); err != nil {
			t.Fatal(err)
		}
		r.files++
		r.lua.run(work, file, lua, "main.lua")
		r.moonlark.run(work, file, moonlark, "call", "main.lua", "run", "{}", "--burst", "60s",
			"--memory", "2000", "--log-level", "error")
	}
	r.differences = differences(l, &r.lua, &r.moonlark)
	unknown := 0
	for i := range r.differences {
		d := &r.differences[i]
		if d.reason = d.commonReason(&r.moonlark); d.reason == "" {
			d.reason = l.reason
			unknown++
			t.Log(d.text)
		}
	}
	switch {
	case r.lua.count(passed) == 0 && r.lua.asserts == 0 && len(r.lua.output) == 0:
		t.Errorf("nothing passes on lua5.1: %.2000v", r.lua.results)
	case unknown > 0 && l.reason == "":
		t.Errorf("%d differences without a reason", unknown)
	case unknown == 0 && l.reason != "":
		t.Errorf("no difference needs the reason that the table gives: %s", l.reason)
	}
	return r
}

// commitOf returns the first 10 digits of the commit of a checkout. A checkout without a .git
// folder has the commit in a file .commit.
func commitOf(checkout string) (string, error) {
	text, err := os.ReadFile(filepath.Join(checkout, ".commit"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(checkout, ".git")); err != nil {
			return "", err
		}
		text, err = exec.Command("git", "-C", checkout, "rev-parse", "HEAD").Output()
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%.10s", text), nil
}

// driver returns the Lua program that runs one test file in the folder work.
func (l library) driver(work, file string) (string, error) {
	driver, err := os.ReadFile(filepath.Join("testdata", "driver.lua"))
	if err != nil {
		return "", err
	}
	files := "" // fields of a table with the contents of the data files
	for _, pattern := range l.data {
		err := eachFile(work, pattern, func(name string) error {
			text, err := os.ReadFile(filepath.Join(work, name))
			files += fmt.Sprintf("[%s] = %s, ", quote(name), quote(string(text)))
			return err
		})
		if err != nil {
			return "", err
		}
	}
	module := strings.ReplaceAll(strings.TrimSuffix(file, ".lua"), "/", ".")
	prelude := ""
	if l.prelude != "" {
		prelude = "prelude = " + quote(l.prelude) + ", "
	}
	return fmt.Sprintf("local case = { module = %s, style = %q, bare = %v, %sfiles = { %s} } %s",
		quote(module), l.style, l.bare, prelude, files, driver), nil
}

// quote returns s as a Lua string in quotes.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		if c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			fmt.Fprintf(&b, `\%03d`, c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// run runs a program in the folder work, and adds the results of the test file to o.
func (o *outcome) run(work, file, program string, args ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = work
	cmd.WaitDelay = time.Second
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + work, "TMPDIR=" + work, "LANG=C", "TZ=UTC",
		"LUA_PATH=?.lua;?/init.lua", "LUA_CPATH=;", "MOONLARK_TRACEBACK=" + os.Getenv("MOONLARK_TRACEBACK")}
	text, err := cmd.CombinedOutput()
	if o.results == nil {
		o.results = make(map[string]string)
	}
	ended := false
	var messages []string // messages of Moonlark, which are no output of the library
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		if args[0] == "call" { // Moonlark puts the name of the script before each line
			printed, ok := strings.CutPrefix(line, "main.lua: ")
			if !ok {
				messages = append(messages, line)
				continue
			}
			line = printed
		}
		kind, rest, _ := strings.Cut(line, " ")
		name, message, _ := strings.Cut(rest, "\t")
		name = file + ": " + normalise(name)
		switch kind {
		case "##ok":
			o.add(name, "ok")
		case "##skip":
			o.add(name, "skip")
		case "##fail":
			o.add(name, "fails: "+message)
		case "##asserts":
			n := 0
			fmt.Sscan(rest, &n)
			o.asserts += n
		case "##complete":
			o.add(file+": runs to its end", "ok")
		case "##end":
			ended = true
		default:
			if line = strings.TrimRight(normalise(line), " "); line != "" && line != "done" {
				o.output = append(o.output, line)
			}
		}
	}
	if !ended {
		o.add(file+": runs to its end", fmt.Sprintf("fails: %v: %.800s", err, strings.Join(messages, "; ")))
	}
}

// add adds the result of one test. Several tests may have the same name.
func (o *outcome) add(name, result string) {
	unique := name
	for n := 2; o.results[unique] != ""; n++ {
		unique = fmt.Sprintf("%s (%d)", name, n)
	}
	o.results[unique] = result
}

var (
	address  = regexp.MustCompile(`0x[0-9a-f]{6,}`)
	duration = regexp.MustCompile(`\d+\.\d+(e-\d+)? ?(s|ms|sec|seconds)\b`)
)

// normalise replaces the parts of a line that are different in each run: addresses and durations. It
// also replaces all bytes that are not printable ASCII by "?", as the driver does.
func normalise(line string) string {
	text := []byte(line)
	for i, c := range text {
		if (c < ' ' && c != '\t') || c >= 0x7f {
			text[i] = '?'
		}
	}
	line = string(text)
	return duration.ReplaceAllString(address.ReplaceAllString(line, "0x"), "0 s")
}

// A difference is something that differs between the outcomes of a library.
type difference struct {
	text   string // for a person
	test   string // name of the test; empty for assertions and output
	reason string
}

// differences returns the differences between the outcomes of a library, without their reasons.
func differences(l library, lua, moonlark *outcome) (found []difference) {
	names := make(map[string]bool)
	for name := range lua.results {
		names[name] = true
	}
	for name := range moonlark.results {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, b := lua.results[name], moonlark.results[name]
		if (a == "ok") != (b == "ok") {
			found = append(found, difference{test: name, text: fmt.Sprintf("%s: lua5.1: %q, Moonlark: %q", name, a, b)})
		}
	}
	if l.style != script {
		return found
	}
	if lua.asserts != moonlark.asserts {
		found = append(found, difference{text: fmt.Sprintf("lua5.1 passes %d assertions, Moonlark %d", lua.asserts, moonlark.asserts)})
	}
	if !l.anyOutput {
		for i := range max(len(lua.output), len(moonlark.output)) {
			if a, b := at(lua.output, i), at(moonlark.output, i); a != b {
				text := fmt.Sprintf("line %d of the output: lua5.1: %q, Moonlark: %q", i+1, a, b)
				return append(found, difference{text: text})
			}
		}
	}
	return found
}

// commonReasons are reasons that several libraries have in common, and how the messages of failed
// tests on Moonlark show them.
var commonReasons = []struct {
	message *regexp.Regexp
	reason  string
}{
	{regexp.MustCompile(`object\(string\) with key '__|between string and (string|function|table)`), "changes the metatable of strings"},
	{regexp.MustCompile(`unable to dump`), "needs `string.dump`"},
}

// commonReason returns the common reason of a difference, or "" if it has none. If a test did not
// run on Moonlark, the failures of its test file count.
func (d difference) commonReason(moonlark *outcome) string {
	messages := moonlark.results[d.test]
	if messages == "" || messages == "ok" {
		file, _, _ := strings.Cut(d.test, ": ")
		for name, result := range moonlark.results {
			if strings.HasPrefix(name, file) && strings.HasPrefix(result, "fails") {
				messages += result
			}
		}
	}
	for _, c := range commonReasons {
		if c.message.MatchString(messages) {
			return c.reason
		}
	}
	return ""
}

// at returns the element i of lines, or "" if there is none.
func at(lines []string, i int) string {
	if i >= len(lines) {
		return ""
	}
	return lines[i]
}
