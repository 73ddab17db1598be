package modules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
	"moonlark/luastd/modules"
)

// A codeBlock is a block of code in a page.
type codeBlock struct {
	line int // number of its first line
	text string
	lua  bool // the page says that it is Lua code
}

// codeBlocks returns the blocks of code of a page: those between lines with ``` and those that are
// indented.
func codeBlocks(page string) (blocks []codeBlock) {
	var block codeBlock
	end := func() {
		if strings.TrimSpace(block.text) != "" {
			blocks = append(blocks, block)
		}
		block = codeBlock{}
	}
	fence := ""
	for i, line := range strings.Split(page, "\n") {
		switch text, indented := strings.CutPrefix(line, "    "); {
		case fence != "" && strings.TrimSpace(line) == fence:
			end()
			fence = ""
		case fence != "":
			block.text += line + "\n"
		case strings.HasPrefix(line, "```"):
			end()
			fence = "```"
			block.line, block.lua = i+2, line == "```lua"
		case indented:
			if block.text == "" {
				block.line = i + 1
			}
			block.text += text + "\n"
		case line == "" && block.text != "":
			block.text += "\n" // an empty line between indented lines
		default:
			end()
		}
	}
	end()
	return blocks
}

// looksLikeLua matches code that can only be Lua.
var looksLikeLua = regexp.MustCompile(`(?m)function\s*\w*\(.*\bend\b|^local \w+|^\s*end\)?$|^register_tool|^on(_start)?\(`)

// field matches the use of a field of a table.
var field = regexp.MustCompile(`(^|[^\w.:"'])([a-z]\w*)\.([a-z_]\w*)`)

// The Lua code of every page is valid, and uses only functions and fields of modules that exist.
func TestTheLuaCodeOfThePages(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	known := moduleFields(s)
	path := filepath.Join(s.Folder, "code.lua")
	checked := 0
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/*/*.md", "../*/manual*.md"} {
		pages, err := filepath.Glob(pattern)
		if err != nil || len(pages) == 0 {
			t.Fatalf("%s: %d pages, %v", pattern, len(pages), err)
		}
		for _, page := range pages {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, block := range codeBlocks(string(text)) {
				if !block.lua && !looksLikeLua.MatchString(block.text) {
					continue
				}
				checked++
				at := fmt.Sprintf("%s:%d", strings.TrimPrefix(page, "../../"), block.line)
				if err := os.WriteFile(path, []byte(examplesAsStatements(block.text)), 0o600); err != nil {
					t.Fatal(err)
				}
				if reason := s.Run(`return (select(2, loadfile("code.lua")))`); reason != "nil" && reason != "" {
					t.Errorf("%s: %s\n%s", at, reason, block.text)
				}
				for _, use := range field.FindAllStringSubmatch(withoutTexts(block.text), -1) {
					module, name := use[2], use[3]
					if fields := known[module]; fields != nil && !fields[name] && !strings.Contains(block.text, "local "+module+" ") {
						t.Errorf("%s: %s.%s does not exist", at, module, name)
					}
				}
			}
		}
	}
	if checked < 240 {
		t.Errorf("only %d blocks of Lua code were found", checked)
	}
}

// The code of each page in docs/how-to runs in a story.
func TestEveryHowToHasAStory(t *testing.T) {
	pages, err := filepath.Glob("../../docs/how-to/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		story, err := os.ReadFile("../../testdata/how_to_" + strings.ReplaceAll(name, "-", "_") + ".txtar")
		if err != nil || !strings.Contains(string(story), "code $ROOT/docs/how-to/"+name+".md") {
			t.Errorf("no story runs the code of %s (%v)", page, err)
		}
	}
}

// examplesAsStatements makes each example, "expression --> result", a statement.
func examplesAsStatements(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		if expression, _, ok := strings.Cut(line, "--> "); ok {
			line = "_ = {" + expression + "}\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// withoutTexts returns Lua code without the texts and comments in it.
func withoutTexts(code string) string { return textOrComment.ReplaceAllString(code, `""`) }

var textOrComment = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\[\[(?s:.*?)\]\]|--[^\n]*`)

// moduleFields returns the names of the fields of each module.
func moduleFields(s *luastdtest.Script) map[string]map[string]bool {
	known := make(map[string]map[string]bool)
	for _, m := range modules.All() {
		if m.Globals != nil && m.Name != "timers" || m.Name == "state" {
			continue
		}
		name := m.Name
		if name == "timers" {
			name = "cron" // which can be called, too
		}
		known[name] = make(map[string]bool)
		list := s.Run(`local names = {} for k in pairs(` + name + `) do names[#names + 1] = k end return table.concat(names, " ")`)
		for _, field := range strings.Fields(list) {
			known[name][field] = true
		}
	}
	return known
}
