package libraries

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// A row has the results of one library. The commit is empty if the library was not run.
type row struct {
	library
	commit        string
	files         int // number of test files
	lua, moonlark outcome
	differences   []difference
}

const introduction = `# Public Lua libraries on Moonlark

This page says which public libraries in pure Lua have been run on Moonlark, and with what result. The
tests are those of each library. Each test file was run by lua5.1 and by Moonlark, each time in a
process of its own, and the results were compared: for each test whether it passes, and for plain test
programs the number of assertions that pass and every line of the output.

` + "`.ci/lua-libraries FOLDER`" + ` runs the tests again and writes this page. It fetches nothing: the
folder must have one checkout for each library.

The programs and libraries that such tests use are not all available in a script. So a driver
(engine/testkit/libraries/testdata/driver.lua) runs the tests. For both implementations it has
` + "`describe` and `it`" + ` in the way of busted and telescope, and replaces ` + "`os.exit`" + `. The assertions
are those of luassert, itself a public library. On Moonlark the driver adds what the tests, and not the
libraries, need and a script does not have: ` + "`debug.getmetatable`, `debug.setmetatable`, `os.setlocale` and\n`arg`. It also replaces `io`, `loadfile`, `dofile`, `os.remove` and `os.rename`" + ` by functions on files in memory.

`

// pageText returns the text of docs/lua-libraries.md.
func pageText(rows []row) string {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.commit == "" })
	slices.SortStableFunc(rows, func(a, b row) int {
		return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name))
	})
	var tests, asserts, same int
	names := make(map[string]bool)
	for _, r := range rows {
		names[r.name] = true
		tests += r.lua.count(counted)
		asserts += r.lua.asserts
		if len(r.differences) == 0 {
			same++
		}
	}
	var b strings.Builder
	b.WriteString(introduction)
	fmt.Fprintf(&b, "Result: %d libraries, %d rows; %d tests and %d assertions on lua5.1. %d rows have no difference.\n\n",
		len(names), len(rows), tests, asserts, same)
	b.WriteString("| library | commit | test files | lua5.1 | Moonlark | reason for the differences |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range rows {
		reason := "no difference"
		if len(r.differences) > 0 {
			count := make(map[string]int)
			for _, d := range r.differences {
				count[d.reason]++
			}
			var reasons []string
			for _, text := range slices.Sorted(maps.Keys(count)) {
				reasons = append(reasons, fmt.Sprintf("%d: %s", count[text], text))
			}
			reason = strings.Join(reasons, "; ")
		}
		fmt.Fprintf(&b, "| [%s](https://github.com/%s) | %s | `%s` | %s | %s | %s |\n", r.name, r.name, r.commit,
			strings.Join(r.tests, "`, `"), r.lua.summary(), r.moonlark.summary(), reason)
	}
	b.WriteString("\nA test that fails on both counts as no difference: most such tests need a library in C, the command\nof the library, or a later version of Lua. A plain test program counts as one test.\n")
	return b.String()
}

// summary returns the numbers of an outcome, such as "12 of 13 tests".
func (o *outcome) summary() string {
	if o.asserts > 0 {
		return fmt.Sprintf("%d of %d tests, %d assertions", o.count(passed), o.count(counted), o.asserts)
	}
	return fmt.Sprintf("%d of %d tests", o.count(passed), o.count(counted))
}

// The page must have been written with the table that is in use.
func TestPageNamesEachLibraryOfTheTable(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range table {
		if want := fmt.Sprintf("| [%s](", l.name); !strings.Contains(string(text), want) {
			t.Errorf("%s has no row for %s: run .ci/lua-libraries again", page, l.name)
		}
		if l.reason != "" && !strings.Contains(string(text), l.reason) {
			t.Errorf("%s does not give the reason for the differences of %s: run .ci/lua-libraries again", page, l.name)
		}
	}
}
