// Package picture draws docs/conversation.svg, the picture of the README: a conversation in a
// terminal, during which a script is changed. The test holds this conversation with the real program
// on a real pseudo-terminal, and fails when the picture shows anything else. To draw it anew, run
//
//	go test ./engine/testkit/picture -update
package picture

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

var update = flag.Bool("update", false, "write docs/conversation.svg")

var (
	root = filepath.Join("..", "..", "..")
	file = filepath.Join(root, "docs", "conversation.svg")
)

// The line of scripts/hello.lua that is changed during the conversation.
const (
	before = `    return "It is " .. os.date("%H:%M") .. "."`
	after  = `    return "It is exactly " .. os.date("%H:%M:%S") .. "."`
)

func TestPictureShowsWhatTheProgramPrints(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the program on a terminal")
	}
	source, err := os.ReadFile(filepath.Join(root, "scripts", "hello.lua"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(source), before) != 1 {
		t.Fatalf("scripts/hello.lua does not have this line: %s", before)
	}
	drawn := draw(scene{
		source: excerpt(string(source)), before: before, after: after,
		command: "moonlark run scripts/hello.lua",
		rows:    record(t, string(source)),
	})
	if *update {
		if err := os.WriteFile(file, []byte(drawn), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	shown, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, want := lines(string(shown)), lines(drawn)
	if !slices.Equal(got, want) {
		t.Errorf("docs/conversation.svg shows\n%s\n\nbut the program has printed\n%s\n\nRun the test with -update.",
			strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// excerpt returns the lines of the tool get_time.
func excerpt(source string) []string {
	lines := strings.Split(source, "\n")
	first := slices.Index(lines, "register_tool {")
	last := first + slices.Index(lines[first:], "}")
	return lines[first : last+1]
}

// record holds the conversation and returns the rows of the terminal.
func record(t *testing.T, source string) []row {
	dir := t.TempDir()
	script := filepath.Join(dir, "scripts", "hello.lua")
	if err := os.Mkdir(filepath.Dir(script), 0o777); err != nil {
		t.Fatal(err)
	}
	save := func(text string) {
		if err := os.WriteFile(script+"~", []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(script+"~", script); err != nil {
			t.Fatal(err)
		}
	}
	save(source)
	p := testkit.Start(t, testkit.Command{
		Path: testkit.Moonlark(t), Args: []string{"run", "scripts/hello.lua"}, Dir: dir, Input: testkit.Terminal,
		Env: []string{"TERM=xterm", "LANG=C.UTF-8", "HOME=" + dir},
	})
	see := func(pattern string) {
		t.Helper()
		if _, err := p.Stdout.Match(regexp.MustCompile(pattern), p.Done); err != nil {
			t.Fatalf("%v\n%s", err, p.Stdout.String())
		}
	}
	say := func(text string) {
		t.Helper()
		if err := p.Enter(text); err != nil {
			t.Fatal(err)
		}
	}

	// reply waits for the end of a reply. Its complete text is drawn three times: with the last word, at
	// the end of the parts, and as a whole. What is typed before the third time would come before it.
	reply := func(pattern string) {
		t.Helper()
		for range 3 {
			see("agent › " + pattern + "\r\n")
		}
	}
	reply(`Hello! [^\r]* or "roll a die"\.`)
	say("what time is it")
	reply(`It is \d\d:\d\d\.`)
	save(strings.Replace(source, before, after, 1))
	see(`hello\.lua reloaded`)
	say("roll 3 dice and tell me the time")
	reply(`I rolled \d, \d, \d\. It is exactly \d\d:\d\d:\d\d\.`)
	rows, err := rowsOf(p.Stdout.String())
	if err != nil {
		t.Fatal(err)
	}
	if last := rows[len(rows)-1].text(); strings.HasPrefix(last, "  you ›") {
		rows = rows[:len(rows)-2] // the prompt, and the empty row before it
	}
	return rows
}

var (
	text     = regexp.MustCompile(`(?s)<text [^>]*>(.*?)</text>`)
	tag      = regexp.MustCompile(`<[^>]*>`)
	duration = regexp.MustCompile(`(?:&lt;)?\d+ ms`)
	digit    = regexp.MustCompile(`\d`)
)

// lines returns the text of a picture. Times, durations and numbers on dice become the same in all
// pictures.
func lines(svg string) []string {
	var lines []string
	for _, m := range text.FindAllStringSubmatch(svg, -1) {
		line := tag.ReplaceAllString(m[1], "")
		line = duration.ReplaceAllString(line, "1 ms")
		lines = append(lines, digit.ReplaceAllString(line, "0"))
	}
	return lines
}
