package screen

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"reflect"
	"strings"
	"testing"
)

// png is the beginning of a PNG file with one pixel; nobody decodes the pixel here.
var png = pngOf(1, 1)

// pngOf returns the beginning of a PNG file with this size in pixels.
func pngOf(width, height uint32) string {
	header := []byte("IHDR")
	header = binary.BigEndian.AppendUint32(header, width)
	header = binary.BigEndian.AppendUint32(header, height)
	header = append(header, 8, 2, 0, 0, 0)
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(header))
	return "\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + string(header) + string(sum)
}

func TestAPictureThatABrowserCannotHoldIsRefused(t *testing.T) {
	for data, want := range map[string]string{
		pngOf(6000, 4000):              "",
		pngOf(60000, 60000):            "the picture has 60000 x 60000 pixels; the maximum is 25165824 in all",
		"\x89PNG\r\n\x1a\n":            "it begins like a picture of the type image/png, but is damaged",
		"\xff\xd8\xff rest":            "it begins like a picture of the type image/jpeg, but is damaged",
		"RIFF\x00\x00\x00\x00WEBPVP8 ": "it begins like a picture of the type image/webp, but is damaged",
	} {
		image, err := NewImage([]byte(data))
		if want == "" && (err != nil || image == nil) || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%.20q: %v, want %s", data, err, want)
		}
	}
}

func parse(t *testing.T, text string) *Content {
	t.Helper()
	c, err := Maker{}.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBlocksAreReadFromPlainValues(t *testing.T) {
	for _, row := range []struct {
		text string
		want Block
	}{
		{`{"text":"Next ferry","style":"eyebrow","id":"a"}`, Block{Kind: "text", Text: "Next ferry", Style: "eyebrow", ID: "a"}},
		{`{"text":"plain"}`, Block{Kind: "text", Text: "plain", Style: "body"}},
		{`{"big":17,"badge":"in 3 min"}`, Block{Kind: "big", Text: "17", Badge: "in 3 min"}},
		{`{"list":[["18:40","Gate 3"],{"text":"20:05","detail":"Gate 1"},"21:30"],"title":"Later"}`,
			Block{Kind: "list", Title: "Later", Items: []Item{{Text: "18:40", Detail: "Gate 3"}, {Text: "20:05", Detail: "Gate 1"}, {Text: "21:30"}}}},
		{`{"cards":[{"text":"Soup","detail":"6 €","say":"I want soup"},["Bread"]]}`,
			Block{Kind: "cards", Items: []Item{{Text: "Soup", Detail: "6 €", Key: "1"}, {Text: "Bread"}}}},
		{`{"chart":{"kind":"bars","x":["16",17],"y":[40,85.5],"unit":"%"},"alt":"Full at 17"}`,
			Block{Kind: "chart", Alt: "Full at 17", Chart: &Chart{Kind: "bars", X: []string{"16", "17"}, Y: []float64{40, 85.5}, Unit: "%"}}},
		{`{"buttons":[["Buy"],{"1":"Gate 3","say":"Where is gate 3?","primary":true}]}`,
			Block{Kind: "buttons", Buttons: []Button{{Key: "1", Text: "Buy"}, {Key: "2", Text: "Gate 3", Primary: true}}}},
		{`{"columns":[[{"text":"left"}],[{"space":2}]]}`,
			Block{Kind: "columns", Columns: [][]Block{{{Kind: "text", Text: "left", Style: "body"}}, {{Kind: "space", Value: 2}}}}},
		{`{"progress":0.5,"text":"Printing"}`, Block{Kind: "progress", Value: 0.5, Text: "Printing"}},
		{`{"until_":1800000000,"text":"Boarding"}`, Block{Kind: "timer", Until: 1800000000, Text: "Boarding"}},
		{`{"timer":5}`, Block{Kind: "timer", Until: 5}},
		{`{"text":"a\u202eb\u0007c\r\nd\u0000"}`, Block{Kind: "text", Text: "abc\nd", Style: "body"}},
	} {
		if got := parse(t, "["+row.text+"]").Blocks; len(got) != 1 || !reflect.DeepEqual(got[0], row.want) {
			t.Errorf("%s: got %+v", row.text, got)
		}
	}
}

func TestACodeIsAPath(t *testing.T) {
	b := parse(t, `[{"qr":"https://example.org/t/8842","caption":"Take it"}]`).Blocks[0]
	if b.Code == nil || b.Code.Size < 21 || !strings.HasPrefix(b.Code.Path, "M0 0h7v1h-7z") || b.Alt != "https://example.org/t/8842" {
		t.Errorf("got %+v", b)
	}
}

func TestMistakesAreNamedWithTheirPlaceAndAGuess(t *testing.T) {
	long := strings.Repeat("x", 5000)
	many := "[" + strings.TrimSuffix(strings.Repeat(`{"space":1},`, 201), ",") + "]"
	large := "[" + strings.TrimSuffix(strings.Repeat(`{"text":"`+long[:4000]+`"},`, 17), ",") + "]"
	for _, row := range []struct{ text, want string }{
		{`{"text":"a"}`, `a list of blocks is wanted, such as { { text = "Hello" } }, not one block`},
		{`7`, `a list of blocks is wanted, not a number`},
		{`[{"text":"a"},"b"]`, `block 2 must be a table such as { text = "Hello" }, not a text`},
		{`[{"text":"a"},{"space":1},{"picture":"a.png"}]`, `block 3 has "picture"; did you mean "image"?`},
		{`[{"imag":"a.png"}]`, `block 1 has "imag"; did you mean "image"?`},
		{`[{"frobnicate":1}]`, `block 1 says nothing; a block has one of text, big, list, cards, image, chart, qr, buttons, columns, progress, timer, space`},
		{`[{"text":"a","big":"b"}]`, `block 1 has "text" and "big"; a block has one of them`},
		{`[{"text":"a","stile":"lead"}]`, `block 1 has "stile"; did you mean "style"?`},
		{`[{"text":"a","style":"leed"}]`, `block 1: style is "leed"; it must be one of eyebrow, title, lead, small, body (did you mean 'lead'?)`},
		{`[{"text":""}]`, `block 1: text is empty`},
		{`[{"text":["a"]}]`, `block 1: text must be a text, not a list`},
		{`[{"text":"` + long + `"}]`, `block 1: text has 5000 bytes; the maximum is 4096`},
		{`[{"image":"map.png"}]`, `block 1: image: want the bytes of a picture: there are no files here`},
		{`[{"chart":{"x":["a"],"y":[1]}}]`, `block 1: the chart needs alt, a text that says what it shows to people who do not see it`},
		{`[{"chart":{"x":["a","b"],"y":[1]},"alt":"x"}]`, `block 1: chart has 2 values in x and 1 in y`},
		{`[{"chart":{"x":["a"],"y":["b"]},"alt":"x"}]`, `block 1: chart: y[1] must be a number, not a text`},
		{`[{"chart":{"x":["a"],"y":[1],"kind":"pie"},"alt":"x"}]`, `block 1: chart: kind is "pie"; it must be one of bars, line`},
		{`[{"buttons":[["Yes"],[""]]}]`, `block 1, button 2 has no text`},
		{`[{"buttons":[{"text":"Yes","on_press":"f"}]}]`, `block 1, button 1: on_press must be a function, not a text`},
		{`[{"buttons":[{"text":"Yes","on_pres":"f"}]}]`, `block 1, button 1 has "on_pres"; did you mean "on_press"?`},
		{`[{"buttons":[]}]`, `block 1: buttons is empty`},
		{`[{"list":"a"}]`, `block 1: list must be a list, not a text`},
		{`[{"columns":[[{"text":"a"}],[{"columns":[[]]}]]}]`, `block 1, column 2, block 1: columns cannot be in columns`},
		{`[{"columns":[[{"txt":"a"}]]}]`, `block 1, column 1, block 1 has "txt"; did you mean "text"?`},
		{`[{"text":"a","id":"x"},{"text":"b","id":"x"}]`, `block 2: another block has the id "x"`},
		{`[{"progress":2}]`, `block 1: progress must be a number from 0 to 1, not 2`},
		{`[{"qr":"` + long[:700] + `"}]`, `block 1: qr has 700 bytes; the maximum is 600`},
		{many, `there are more than 200 blocks`},
		{large, `the blocks have 68698 bytes as JSON; the maximum is 65536`},
	} {
		_, err := Maker{}.Parse([]byte(row.text))
		if got := fmt.Sprint(err); got != row.want {
			t.Errorf("%.80s: got %s, want %s", row.text, got, row.want)
		}
	}
}

func TestAPictureMayBeGivenByNameOrAsBytes(t *testing.T) {
	m := Maker{Image: func(name string) (*Image, error) {
		switch {
		case IsImage(name):
			return NewImage([]byte(name))
		case name == "map.svg":
			return NewImage([]byte(" <svg></svg>"))
		}
		return nil, errors.New("there is no such file")
	}}
	c, err := m.Blocks([]any{map[string]any{"image": "map.svg", "alt": "the way"}, map[string]any{"image": png, "alt": ""}})
	if err != nil {
		t.Fatal(err)
	}
	for i, kind := range []string{"image/svg+xml", "image/png"} {
		if image := c.images[c.Blocks[i].Image]; image == nil || image.Type != kind || len(image.Hash) != 32 {
			t.Errorf("picture %d is %+v", i, image)
		}
	}
	for name, want := range map[string]string{"x.png": "block 1: image: there is no such file", "": "block 1: image must be the name of a file or the bytes of a picture"} {
		if _, err := m.Blocks([]any{map[string]any{"image": name, "alt": "a"}}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := NewImage([]byte("GIF89a")); err != errFormat {
		t.Errorf("got %v", err)
	}
	if _, err := NewImage(make([]byte, MaxImage+1)); err == nil {
		t.Error("a picture that is too large was accepted")
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{`{"title":"Harbour","theme":{"accent":"#102030","scheme":"dark","scale":1.5},"captions":"agent","idle":30,"wake":false,"reach":"low","night":"22:00-06:30","linger":0,"lang":"de","texts":{"stop":"Halt"}}`, "<nil>"},
		{`{"titel":"x"}`, `the table has "titel"; did you mean "title"?`},
		{`{"theme":{"accent":"gold"}}`, `theme: accent is "gold"; it must be a colour such as "#f1d08a"`},
		{`{"theme":{"colour":"gold"}}`, `theme has "colour"; it may have scheme, scale, accent`},
		{`{"captions":"all"}`, `the table: captions is "all"; it must be one of both, agent, user, none`},
		{`{"idle":1}`, `the table: idle must be a number from 5 to 86400, not 1`},
		{`{"night":"22-6"}`, `the table: night is "22-6"; it must be two times such as "22:00-06:00"`},
		{`{"night":"22:00-24:00"}`, `the table: night is "22:00-24:00"; it must be two times such as "22:00-06:00"`},
		{`{"wake":1}`, `the table: wake must be true or false, not a number`},
		{`{"texts":{"stopp":"Halt"}}`, `texts has "stopp"; the page has no such text (did you mean 'stop'?)`},
	} {
		var tree any
		if err := json.Unmarshal([]byte(row.text), &tree); err != nil {
			t.Fatal(err)
		}
		s, err := Maker{}.Settings(tree, DefaultSettings())
		if got := fmt.Sprint(err); got != row.want {
			t.Errorf("%s: got %s, want %s", row.text, got, row.want)
		}
		if err == nil && (s.Title != "Harbour" || s.Scale != 1.5 || s.Linger != 0 || s.Wake || s.Texts["stop"] != "Halt" || s.Dir != "ltr") {
			t.Errorf("got %+v", s)
		}
	}
}

func TestTheAccentSurvivesAChangeOfTheScheme(t *testing.T) {
	s := DefaultSettings()
	for _, row := range []struct{ text, want string }{
		{`{"theme":{"accent":"#f1d08a"}}`, "#f1d08a"},
		{`{"theme":{"scheme":"light"}}`, legible("#f1d08a", "light")},
		{`{"title":"Harbour"}`, legible("#f1d08a", "light")},
		{`{"theme":{"scheme":"dark"}}`, "#f1d08a"},
	} {
		var tree any
		if err := json.Unmarshal([]byte(row.text), &tree); err != nil {
			t.Fatal(err)
		}
		var err error
		if s, err = (Maker{}).Settings(tree, s); err != nil || s.Accent != row.want {
			t.Errorf("after %s: %s, %v, want %s", row.text, s.Accent, err, row.want)
		}
	}
}

func TestTheAccentCanAlwaysBeRead(t *testing.T) {
	for _, accent := range []string{"#000000", "#ffffff", "#102030", "#f1d08a", "#ff0000", "#808080"} {
		for scheme, background := range backgrounds {
			if got := legible(accent, scheme); contrast(got, background) < minContrast {
				t.Errorf("%s becomes %s, with the contrast %.2f", accent, got, contrast(got, background))
			}
		}
	}
	if got := legible("#f1d08a", "dark"); got != "#f1d08a" {
		t.Errorf("got %s", got)
	}
}

// Any JSON makes a document that can be marshalled and keeps the limits, or an error of one line.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{"text":"a"}]`, `[{"columns":[[{"big":1}],[{"list":[["a","b"]]}]]}]`, `[{"chart":{"x":[1],"y":[2]},"alt":"z"}]`,
		`[{"buttons":[["a"]]},{"cards":[{"1":"x","say":"y"}]}]`, `[{"qr":"x"},{"timer":1},{"progress":1}]`, `[{"image":"a","alt":"b"}]`, `{"1":{"text":"a"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Maker{}.Parse(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("the error has no text")
			}
			return
		}
		out, err := json.Marshal(c.Blocks)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) > MaxDocument || countBlocks(c.Blocks) > MaxBlocks {
			t.Errorf("%d bytes, %d blocks", len(out), countBlocks(c.Blocks))
		}
		for _, b := range c.Blocks {
			if b.Text != Clean(b.Text) {
				t.Errorf("%q has not been cleaned", b.Text)
			}
			for _, key := range keysOf(b) {
				if _, ok := c.bindings[key]; key != "" && !ok {
					t.Errorf("the button %s does nothing", key)
				}
			}
		}
	})
}
