package screen

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"rsc.io/qr"

	"moonlark/engine/guess"
)

// blocks reads a list of blocks.
func (r *reader) blocks(v any, path string, nested bool) []Block {
	list, ok := v.([]any)
	if m, isMap := v.(map[string]any); isMap {
		if ok = len(m) == 0; !ok {
			r.fail(path, "a list of blocks is wanted, such as { { text = \"Hello\" } }, not one block")
		}
	} else if !ok {
		r.fail(path, "a list of blocks is wanted, not %s", typeName(v))
	}
	blocks := make([]Block, 0, len(list))
	for i, item := range list {
		if r.count++; r.count > MaxBlocks {
			r.fail(path, "there are more than %d blocks", MaxBlocks)
		}
		if r.err != nil {
			return nil
		}
		blocks = append(blocks, r.block(item, fmt.Sprintf("%sblock %d", path, i+1), nested))
	}
	return blocks
}

// kindReaders read the fields of a block, by its kind.
var kindReaders = map[string]func(*table, *Block){
	"text": func(t *table, b *Block) {
		b.Text, b.Style = t.want("text", maxText), t.choice("style", "body", Styles...)
	},
	"big":      func(t *table, b *Block) { b.Text, b.Badge = t.want("big", maxLabel), t.text("badge", maxLabel) },
	"list":     readList,
	"cards":    readCards,
	"image":    readImage,
	"chart":    readChart,
	"qr":       readCode,
	"buttons":  readButtons,
	"columns":  nil, // read by block, because it contains blocks
	"progress": func(t *table, b *Block) { b.Value, b.Text = t.number("progress", 0, 0, 1), t.text("text", maxLabel) },
	"timer":    readTimer,
	"space":    func(t *table, b *Block) { b.Value = t.number("space", 0, 0, 20) },
}

// block reads one block. path is where it is. nested says that it is in a column.
func (r *reader) block(v any, path string, nested bool) Block {
	if _, isMap := v.(map[string]any); !isMap {
		r.fail(path, " must be a table such as { text = \"Hello\" }, not %s", typeName(v))
		return Block{}
	}
	t := r.table(v, path)
	b := Block{Kind: r.kindOf(t)}
	if r.err != nil {
		return b
	}
	b.ID = t.text("id", maxLabel)
	switch {
	case b.ID != "" && r.ids[b.ID]:
		r.fail(path, ": another block has the id %q", shorten(b.ID))
	case b.ID != "":
		r.ids[b.ID] = true
		r.sources[b.ID] = t.m
	}
	switch read := kindReaders[b.Kind]; {
	case read != nil:
		read(t, &b)
	case nested:
		r.fail(path, ": columns cannot be in columns")
	default:
		for i, column := range t.list("columns", maxColumns) {
			b.Columns = append(b.Columns, r.blocks(column, fmt.Sprintf("%s, column %d, ", path, i+1), true))
		}
	}
	t.end()
	return b
}

// kindOf returns the kind of a block.
func (r *reader) kindOf(t *table) string {
	var kinds []string
	for _, kind := range Kinds {
		if t.m[kind] != nil {
			kinds = append(kinds, kind)
		}
	}
	if t.m["until_"] != nil && t.m["timer"] == nil {
		kinds = append(kinds, "timer")
	}
	if len(kinds) == 2 && kinds[0] == "text" && slices.Contains([]string{"progress", "timer"}, kinds[1]) {
		return kinds[1]
	}
	switch len(kinds) {
	case 1:
		return kinds[0]
	case 0:
		for _, name := range sortedNames(t.m) {
			if near := guess.Nearest(name, Kinds); near != "" {
				r.fail(t.path, " has %q; did you mean %q?", shorten(name), near)
			} else if other := synonyms[name]; other != "" {
				r.fail(t.path, " has %q; did you mean %q?", name, other)
			}
		}
		r.fail(t.path, " says nothing; a block has one of %s", strings.Join(Kinds, ", "))
	default:
		r.fail(t.path, " has %q and %q; a block has one of them", kinds[0], kinds[1])
	}
	return ""
}

// synonyms are words that people write in place of a kind.
var synonyms = map[string]string{
	"picture": "image", "img": "image", "photo": "image", "src": "image", "button": "buttons", "key": "buttons", "keys": "buttons", "items": "list",
	"heading": "text", "title": "text", "h1": "text", "label": "text", "graph": "chart", "diagram": "chart", "plot": "chart", "row": "columns",
	"rows": "columns", "grid": "columns", "code": "qr", "qrcode": "qr", "countdown": "timer", "bar": "progress", "gap": "space", "number": "big",
}

// entry reads an entry of a list or a card: the fields that both have.
func (r *reader) entry(v any, path string) (*table, Item) {
	t := r.table(v, path)
	item := Item{Text: t.label("1", "text", maxText), Detail: t.label("2", "detail", maxText)}
	if item.Text == "" {
		r.fail(path, " has no text")
	}
	return t, item
}

func readList(t *table, b *Block) {
	b.Title = t.text("title", maxLabel)
	for i, v := range t.list("list", maxItems) {
		entry, item := t.r.entry(v, fmt.Sprintf("%s, item %d", t.path, i+1))
		entry.end()
		b.Items = append(b.Items, item)
	}
}

func readCards(t *table, b *Block) {
	b.Title = t.text("title", maxLabel)
	for i, v := range t.list("cards", maxItems) {
		card, item := t.r.entry(v, fmt.Sprintf("%s, card %d", t.path, i+1))
		if card.get("image") != nil {
			item.Image, item.Alt = card.picture("image"), card.alt("image")
		}
		if card.get("on_press") != nil || card.get("say") != nil {
			item.Key = card.bind(b.ID, item.Text)
		}
		card.end()
		b.Items = append(b.Items, item)
	}
}

func readImage(t *table, b *Block) {
	b.Image, b.Alt, b.Caption = t.picture("image"), t.alt("image"), t.text("caption", maxText)
}

// alt returns the text that says what a picture or a chart shows. It must be there.
func (t *table) alt(what string) string {
	v := t.get("alt")
	if v == nil {
		t.r.fail(t.path, ": the %s needs alt, a text that says what it shows to people who do not see it", what)
	}
	return t.r.text(v, t.path+": alt", maxText)
}

// picture returns the hash of the picture in a field.
func (t *table) picture(name string) string {
	s, ok := t.get(name).(string)
	switch {
	case t.r.err != nil:
		return ""
	case !ok || s == "":
		t.r.fail(t.path, ": %s must be the name of a file or the bytes of a picture", name)
		return ""
	}
	picture, err := t.r.image(s)
	if err != nil {
		t.r.fail(t.path, ": %s: %s", name, err)
		return ""
	}
	t.r.images[picture.Hash] = picture
	total := 0
	for _, p := range t.r.images {
		total += len(p.Data)
	}
	if total > maxImages {
		t.r.fail(t.path, ": the pictures have more than %d MB", maxImages>>20)
	}
	return picture.Hash
}

func readChart(t *table, b *Block) {
	c := t.r.table(t.get("chart"), t.path+": chart")
	b.Title, b.Alt = t.text("title", maxLabel), t.alt("chart")
	b.Chart = &Chart{Kind: c.choice("kind", "bars", "bars", "line"), Unit: c.text("unit", maxLabel)}
	xs, ys := c.list("x", maxItems), c.list("y", maxItems)
	if len(xs) != len(ys) {
		t.r.fail(c.path, " has %d values in x and %d in y", len(xs), len(ys))
	}
	for i, x := range xs {
		b.Chart.X = append(b.Chart.X, t.r.text(x, fmt.Sprintf("%s: x[%d]", c.path, i+1), maxLabel))
	}
	for i, y := range ys {
		n, ok := y.(float64)
		switch {
		case !ok:
			t.r.fail(c.path, ": y[%d] must be a number, not %s", i+1, typeName(y))
		case math.IsInf(n, 0) || math.IsNaN(n):
			t.r.fail(c.path, ": y[%d] must be a finite number, not %s", i+1, formatNumber(n))
		}
		b.Chart.Y = append(b.Chart.Y, n)
	}
	c.end()
}

// maxCode is the maximal length of the text of a QR code, in bytes. A longer one has modules that are too
// small for a phone that is held before a screen.
const maxCode = 600

func readCode(t *table, b *Block) {
	text := t.want("qr", maxCode)
	b.Caption, b.Detail = t.text("caption", maxText), t.text("detail", maxText)
	if b.Alt = t.text("alt", maxText); b.Alt == "" {
		b.Alt = text
	}
	if t.r.err != nil {
		return
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.r.fail(t.path, ": qr: %s", err)
		return
	}
	b.Code = &Code{Size: code.Size, Path: codePath(code)}
}

// codePath returns the black modules of a code as an SVG path: one rectangle for each run in a row.
func codePath(code *qr.Code) string {
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			begin := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > begin {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", begin, y, x-begin, x-begin)
			}
		}
	}
	return path.String()
}

func readTimer(t *table, b *Block) {
	name := "until_"
	if t.get("timer") != nil {
		name = "timer"
	}
	b.Until, b.Text = t.number(name, 0, 0, 1e11), t.text("text", maxLabel)
}

func readButtons(t *table, b *Block) {
	for i, v := range t.list("buttons", 12) {
		b.Buttons = append(b.Buttons, t.r.button(v, fmt.Sprintf("%s, button %d", t.path, i+1), b.ID))
	}
}

// button reads one button. A button without on_press and say is for handlers of the event "touch".
func (r *reader) button(v any, path, block string) Button {
	t := r.table(v, path)
	b := Button{Text: t.label("1", "text", maxLabel), Primary: t.flag("primary", false)}
	if strings.TrimSpace(b.Text) == "" {
		r.fail(path, " has no text")
	}
	b.Key = t.bind(block, b.Text)
	t.end()
	return b
}

// bind reads what a touch does, and returns the key of the touch.
func (t *table) bind(block, text string) string {
	b := binding{say: t.text("say", maxText), id: t.text("id", maxLabel), value: t.text("value", maxText)}
	if b.id == "" {
		b.id = block
	}
	if b.value == "" {
		b.value = text
	}
	switch v := t.get("on_press").(type) {
	case nil:
	case Handler:
		b.handler = v
	default:
		t.r.fail(t.path, ": on_press must be a function, not %s", typeName(v))
	}
	if b.say != "" && b.handler.Number != 0 {
		t.r.fail(t.path, " has on_press and say; a button has one of them")
	}
	key := t.r.newKey()
	t.r.bindings[key] = b
	return key
}

// merge returns the fields of a block in which those of change replace those of old. If change is of
// another kind, it replaces the block.
func merge(old, change map[string]any) map[string]any {
	for _, kind := range append(Kinds, "until_") {
		if change[kind] != nil && old[kind] == nil {
			return change
		}
	}
	merged := maps.Clone(old)
	maps.Copy(merged, change)
	return merged
}
