package screen_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/screen"
	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

// onePixel is a PNG file with one pixel.
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="

func open(t *testing.T, source string) (*luastdtest.Script, *screen.Screen) {
	t.Helper()
	s := screen.New(nil)
	return luastdtest.Open(t, luastdtest.Options{Source: source, Screen: s}), s
}

// press touches the button with this text.
func press(t *testing.T, s *screen.Screen, text string) error {
	t.Helper()
	key := ""
	testkit.Until(t, "the button "+text, func() bool { // a script comes into use soon after its load
		for _, b := range s.Document().Buttons() {
			if b.Text == text {
				key = b.Key
			}
		}
		return key != ""
	})
	_, err := s.Touch(screen.Touch{Key: key, Action: screen.Press})
	return err
}

func TestMistakesAreErrorsAtTheLineWithAGuess(t *testing.T) {
	s, _ := open(t, "")
	for _, row := range []struct{ source, want string }{
		{`screen.show { { text = "a" }, { space = 1 }, { picture = "a.png" } }`, `a.lua:1: screen.show: block 3 has "picture"; did you mean "image"?`},
		{"\n" + `screen.show { text = "a" }`, `a.lua:2: screen.show: a list of blocks is wanted, such as { { text = "Hello" } }, not one block`},
		{`screen.show("x")`, `a.lua:1: bad argument #1 to show (table expected, got string)`},
		{`screen.show { { buttons = { { "Yes", on_pres = print } } } }`, `a.lua:1: screen.show: block 1, button 1 has "on_pres"; did you mean "on_press"?`},
		{`screen.show { { buttons = { { "Yes", on_press = 7 } } } }`, `a.lua:1: screen.show: block 1, button 1: on_press must be a function, not a number`},
		{`screen.show { { text = print } }`, `a.lua:1: screen.show: block 1: text must be a text, not a function`},
		{`screen.show { { text = io.stdout } }`, `a.lua:1: screen.show: a userdata cannot be shown`},
		{`screen.show { { chart = { x = { 1 }, y = { 1 / 0 } }, alt = "x" } }`, `a.lua:1: screen.show: block 1: chart: y[1] must be a finite number, not +Inf`},
		{`screen.show { { image = "map.png" } }`, `a.lua:1: screen.show: block 1: image: there is no file "map.png"`},
		{`screen.show { { image = "test.lua", alt = "x" } }`, `a.lua:1: screen.show: block 1: image: "test.lua": it is not a picture: PNG, JPEG, WebP and SVG are supported`},
		{`screen.show { { image = "https://example.org/a.png", alt = "x" } }`, `a.lua:1: screen.show: block 1: image: it must be a file or the bytes of a picture, not an address: load it with http.get(url).body`},
		{`screen.show { [1] = { text = "a" }, [3] = { text = "b" } }`, `a.lua:1: screen.show: a list has 2 items, but none with the number 2`},
		{`local t = {} t[1] = t screen.show(t)`, `a.lua:1: screen.show: the tables are nested more than 12 deep`},
		{`screen.update("x", { text = "a" })`, ``},
		{`screen.setup { titel = "x" }`, `a.lua:1: screen.setup: the table has "titel"; did you mean "title"?`},
		{`screen.idle { ask = {} }`, `a.lua:1: screen.idle: the table has "ask"; did you mean "asks"?`},
		{`screen.note("x", 600)`, `a.lua:1: bad argument #2 to note (the timeout must be at most 60, not 600: seconds are meant, not milliseconds)`},
		{`screen.ask { title = "x", choices = {} }`, `a.lua:1: screen.ask: the table: choices is empty`},
		{`screen.display()`, `a.lua:1: there is no screen.display: use screen.show(blocks)`},
		{`screen.clar()`, `a.lua:1: there is no screen.clar (did you mean 'clear'?)`},
		{`return screen.clear()`, `nil, not_shown: the screen shows nothing of this script, not_shown`},
		{`return #screen.pages()`, `0`},
	} {
		if got := s.Run(row.source); got != row.want {
			t.Errorf("%s:\ngot  %s\nwant %s", row.source, got, row.want)
		}
	}
	s.Run(`screen.show { { text = "a", id = "gate" } }`)
	if got := s.Run(`screen.update("gat", {})`); got != `a.lua:1: screen.update: no block has the id "gat" (did you mean 'gate'?)` {
		t.Error(got)
	}
}

func TestATouchCallsTheFunction(t *testing.T) {
	s, scr := open(t, `screen.show { { id = "keys", buttons = {
		{ "Buy", on_press = function(e) pressed = e.id .. "," .. e.action .. "," .. e.value end },
		{ "Fail", on_press = function(e) error("no") end },
		{ "Wait", on_press = function(e) sleep(0.01) pressed = "waited" end } } } }`)
	for _, row := range []struct{ button, want string }{{"Buy", "keys,press,Buy"}, {"Fail", "keys,press,Buy"}, {"Wait", "waited"}, {"Buy", "keys,press,Buy"}} {
		if err := press(t, scr, row.button); err != nil {
			t.Fatal(err)
		}
		testkit.Until(t, row.button, func() bool { return s.Run("return pressed") == row.want })
	}
	testkit.Until(t, "the effect", func() bool { return strings.Contains(strings.Join(s.Output(), "\n"), "test.lua:3: no") })
}

func TestWhatTheTopLevelShowsIsShownWhenTheScriptComesIntoUse(t *testing.T) {
	s, scr := open(t, `screen.setup { title = "Harbour" } screen.idle { title = "Ask me" } screen.show { { text = "one" } } screen.show { { text = "two", id = "a" } } screen.note("hi")
		early = { pcall(screen.ask, { title = "x", choices = { "y" } }) } early2 = { pcall(screen.update, "a", {}) }`)
	testkit.Until(t, "the note", func() bool { return scr.Document().Note != nil })
	d := scr.Document()
	if d.Settings.Title != "Harbour" || d.Idle.Title != "Ask me" || d.Text() != "two\nnote: hi" || d.Owner != "test.lua" {
		t.Errorf("got %+v", d)
	}
	s.Want(`return early[2]`, "screen.ask: the script is still loading: call it in on_start(function() ... end)")
	s.Want(`return early2[2]`, "screen.update: the script is still loading: call it in on_start(function() ... end)")
	s.Want(`return screen.update("a", { style = "lead" })`, "true")
	if b := scr.Document().Blocks[0]; b.Text != "two" || b.Style != "lead" {
		t.Errorf("got %+v", b)
	}
}

func TestPicturesComeFromTheFolderOrAreBytes(t *testing.T) {
	s, scr := open(t, "")
	data, err := base64.StdEncoding.DecodeString(onePixel)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"map.png": data, "logo.svg": []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")} {
		if err := os.WriteFile(filepath.Join(s.Folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.Want(`screen.show { { image = "map.png", alt = "a" }, { cards = { { "b", image = "./logo.svg", alt = "c" } } },
		{ image = qr.encode("x"), alt = "d" }, { image = image.scale(fs.read("./map.png"), 4, 4, { fit = "stretch" }), alt = "e" } }`, "")
	d := scr.Document()
	for i, hash := range []string{d.Blocks[0].Image, d.Blocks[1].Items[0].Image, d.Blocks[2].Image, d.Blocks[3].Image} {
		if scr.Image(hash) == nil {
			t.Errorf("picture %d is missing", i)
		}
	}
	s.Want(`screen.show { { image = "mop.png", alt = "a" } }`, `a.lua:1: screen.show: block 1: image: there is no file "mop.png" (did you mean 'map.png'?)`)
	if got := s.Run(`screen.show { { image = "/etc/passwd", alt = "a" } }`); !strings.Contains(got, "--allow-read") {
		t.Errorf("got %s", got)
	}
}

func TestAQuestionWaitsForATouch(t *testing.T) {
	s, scr := open(t, "")
	s.Run(`spawn(function() answer = screen.ask { title = "Print it?", choices = { "Print", "No" } } end)`)
	testkit.Until(t, "a question", func() bool { return scr.Document().Ask != nil })
	if _, err := scr.Touch(screen.Touch{Key: scr.Document().Ask.Choices[0].Key, Action: screen.Choose}); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the effect", func() bool { return s.Run("return answer") == "Print" })
	s.Run(`spawn(function() why = { screen.ask { title = "a", choices = { "b" } } } end)`)
	testkit.Until(t, "a question", func() bool { return scr.Document().Ask != nil })
	s.Want(`return screen.ask { title = "b", choices = { "c" }, timeout = 1 }`, "nil, timeout: nobody has answered, timeout")
	s.Want(`return why[2]`, "replaced: another question was asked")
	if got := s.RunWithin(time.Second, `return screen.ask { title = "b", choices = { "c" } }`); got != "nil, timeout: nobody has answered, timeout" {
		t.Errorf("in a tool call: %s", got)
	}
}

// The task that asks is killed: the question goes.
func TestAQuestionEndsWithItsTask(t *testing.T) {
	s, scr := open(t, "")
	s.Run(`h = task.spawn(function() screen.ask { title = "a", choices = { "b" } } end)`)
	testkit.Until(t, "a question", func() bool { return scr.Document().Ask != nil })
	s.Run(`h:cancel()`)
	testkit.Until(t, "no question", func() bool { return scr.Document().Ask == nil })
}

func TestAReloadKeepsWhatIsShown(t *testing.T) {
	s, scr := open(t, `count = (count or 0) + 1
		if not state.shown then state.shown = true screen.show { { buttons = { { "Buy", on_press = print }, { "Ask", say = "x" } } } } end `)
	testkit.Until(t, "the buttons", func() bool { return len(scr.Document().Buttons()) == 2 })
	s.Reload("\n-- changed\n")
	testkit.Until(t, "the new copy", func() bool { return scr.Document().Buttons()[0].Old })
	d := scr.Document()
	if d.Text() != "[Buy] [Ask]" || !d.Buttons()[0].Old || d.Buttons()[1].Old {
		t.Errorf("got %+v", d)
	}
	if err := press(t, scr, "Buy"); err != screen.ErrOld {
		t.Errorf("got %v", err)
	}
	s.Reload(`screen.show { { buttons = { { "New", on_press = function() pressed = "new" end } } } }`)
	if err := press(t, scr, "New"); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the effect", func() bool { return s.Run("return pressed") == "new" })
	s.Scripts.Close()
	if d := scr.Document(); len(d.Blocks) > 0 {
		t.Errorf("after the end: %+v", d)
	}
}

func TestTheBlocksOfACopyThatDoesNotUseTheScreenGo(t *testing.T) {
	s, scr := open(t, `screen.show { { text = "a" } }`)
	path := filepath.Join(s.Folder, "test.lua")
	if err := os.WriteFile(path, []byte("-- nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Scripts.Reload(path); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the effect", func() bool { return len(scr.Document().Blocks) == 0 })
}

func TestAnAgentShowsBlocksWithATool(t *testing.T) {
	s, scr := open(t, `screen.tool("show", { "text", "list", "buttons" })`)
	tools := s.Scripts.Tools()
	var schema string
	for _, spec := range tools {
		if spec.Name == "show" {
			text, err := spec.Parameters.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			schema = string(text)
		}
	}
	for _, part := range []string{`"blocks"`, `"list"`, `"say"`, `"style"`} {
		if !strings.Contains(schema, part) {
			t.Errorf("the schema has no %s: %s", part, schema)
		}
	}
	if got := callTool(t, s, "show", `{"blocks":[{"text":"Hello"},{"list":[{"text":"a","detail":"b"}]},{"buttons":[{"text":"More","say":"Tell me more"}]}]}`); got != "It is on the screen now." {
		t.Error(got)
	}
	if got := scr.Document().Text(); got != "Hello\n- a: b\n[More]" {
		t.Errorf("got %s", got)
	}
	if got := callTool(t, s, "show", `{"blocks":[{"text":"a","list":[{"text":"b"}]}]}`); got != `block 1 has "text" and "list"; a block has one of them (the kinds of blocks are text, list, buttons)` {
		t.Error(got)
	}
	if got := callTool(t, s, "show", `{"blocks":[{"style":"lead"}]}`); !strings.HasPrefix(got, "block 1 says nothing") {
		t.Error(got)
	}
	s.Want(`screen.tool("x", { "texts" })`, `a.lua:1: bad argument #2 to tool ("texts" is not one of the blocks big, buttons, cards, chart, list, progress, qr, text (did you mean 'text'?), or it is there twice)`)
}

func TestThePagesAreListed(t *testing.T) {
	s, scr := open(t, "")
	p, err := scr.Open(screen.PageInfo{Width: 800, Height: 480, Touch: true, ID: "p"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s.Want(`local p = screen.pages()[1] return p.width, p.height, p.touch, p.sound`, "800, 480, true, false")
	scr.SetSound("p", true)
	s.Want(`return screen.pages()[1].sound`, "true")
}

func TestReloadsLeaveNothingBehind(t *testing.T) {
	luastdtest.CheckReloads(t, luastdtest.Options{Source: `screen.show { { buttons = { { "Buy", on_press = print } } } }`})
}

// callTool calls a tool and returns the text of its result.
func callTool(t *testing.T, s *luastdtest.Script, name, args string) string {
	t.Helper()
	result := make(chan tool.Result, 1)
	s.Scripts.Call(&script.Call{Name: name, Args: json.RawMessage(args), Reply: func(_ *script.Call, r tool.Result) { result <- r }})
	return (<-result).Text
}

// A task waits for the file of a picture while another task shows something.
func TestButtonsBesidePicturesWorkWhenAnotherTaskShowsSomethingMeanwhile(t *testing.T) {
	s, scr := open(t, "")
	data, err := base64.StdEncoding.DecodeString(onePixel)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Folder, "map.png"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Run(`task.spawn(function()
			screen.show { { image = "map.png", alt = "a" }, { buttons = { { "Go", on_press = function() pressed = "go" end } } } }
		end)
		task.spawn(function() screen.show { { buttons = { { "Other", on_press = print } } } } end)`)
	if err := press(t, scr, "Go"); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the effect", func() bool { return s.Run("return pressed") == "go" })
}
