package html

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/html"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// maxNested is the maximal number of quotes and lists in each other that have an indentation of
// their own. It bounds the length of the Markdown.
const maxNested = 20

// A markdown is Markdown that is written word by word.
type markdown struct {
	flow
	resolver resolver
	prefix   []string // what is at the beginning of each line: "> " or spaces, for each quote and list
	marker   string   // the mark of a list item, which replaces the last prefix in the next line
	pending  []string // the marks such as ** that are before the next word
	inline   int      // number of open elements in which there are no line breaks, such as headings
	cells    int      // number of open cells of tables
	tooLong  bool     // the Markdown would be longer than maxResult
	list     []int    // for each open list, the number of the next item; 0 for lists without numbers
}

func (m *module) markdown(L *lua.LState) int {
	options := value.CheckOptions(L, 2, "base")
	base, ok := checkBase(options.String("base", ""))
	if !ok {
		options.RaiseString("base", "the URL of a page, such as https://example.com/")
	}
	n, failed := m.page(L)
	if failed > 0 {
		return failed
	}
	w := &markdown{flow: flow{Progress: luastd.NewProgress(m, L)}, resolver: newResolver(n.Node, base)}
	w.children(n.Node)
	if w.tooLong {
		return value.PushFailure(L, "too_large", "the Markdown has more than %d bytes", maxResult)
	}
	L.Push(lua.LString(strings.TrimSpace(string(w.text))))
	return 1
}

// separate writes what is between the last word and the next.
func (w *markdown) separate() {
	newLine := w.lines > 0 || len(w.text) == 0
	if newLine {
		for i := range w.lines {
			if len(w.text) > 0 {
				w.text = append(w.text, '\n')
			}
			if i == 0 && w.lines == 2 && len(w.text) > 0 {
				w.text = append(w.text, strings.TrimRight(w.linePrefix(), " ")...)
			}
		}
		w.text = append(w.text, w.linePrefix()...)
		w.writeMarker()
	} else if w.space {
		w.text = append(w.text, ' ')
	}
	for _, mark := range w.pending {
		w.text = append(w.text, mark...)
	}
	w.pending = w.pending[:0]
	w.lines, w.space = 0, false
}

func (w *markdown) linePrefix() string { return strings.Join(w.prefix, "") }

// writeMarker writes the mark of a list item in place of the last prefix.
func (w *markdown) writeMarker() {
	if w.marker != "" {
		w.text = w.text[:len(w.text)-len(w.prefix[len(w.prefix)-1])]
		w.text = append(w.text, w.marker...)
		w.marker = ""
	}
}

func (w *markdown) breakLine(n int) {
	if w.inline > 0 {
		w.space = true
		return
	}
	if w.marker != "" { // the first block of a list item is in the line of the mark
		n = 1
	}
	w.flow.breakLine(n)
}

// write writes the words of s.
func (w *markdown) write(s string) {
	w.Add(len(s))
	for s != "" {
		word := strings.TrimLeftFunc(s, unicode.IsSpace)
		w.space = w.space || len(word) < len(s) && len(w.text) > 0
		end := strings.IndexFunc(word, unicode.IsSpace)
		if end < 0 {
			end = len(word)
		}
		if end > 0 {
			atStart := w.lines > 0 || len(w.text) == 0
			w.separate()
			w.text = append(w.text, w.escape(word[:end], atStart)...)
		}
		s = word[end:]
	}
}

var specialCharacters = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, "|", `\|`)

// escape returns a word with backslashes before the characters that have a meaning in Markdown.
func (w *markdown) escape(word string, startsLine bool) string {
	escaped := specialCharacters.Replace(word)
	if !startsLine {
		return escaped
	}
	if strings.IndexByte("#>+-=~", word[0]) >= 0 {
		return `\` + escaped
	}
	if digits := strings.TrimRight(word, ".)"); digits != "" && len(digits) == len(word)-1 && strings.Trim(digits, "0123456789") == "" {
		return digits + `\` + word[len(digits):]
	}
	return escaped
}

// open asks for a mark before the next word.
func (w *markdown) open(mark string) { w.pending = append(w.pending, mark) }

// end ends what open has begun. If there was no word since, nothing is written, and end returns
// false.
func (w *markdown) end(opened, mark string) bool {
	if n := len(w.pending); n > 0 && w.pending[n-1] == opened {
		w.pending = w.pending[:n-1]
		return false
	}
	w.text = append(w.text, mark...)
	return true
}

func (w *markdown) children(n *html.Node) {
	for c := range n.ChildNodes() {
		switch c.Type {
		case html.TextNode:
			w.write(c.Data)
		case html.ElementNode:
			if w.Add(50); !hidden[c.Data] {
				w.element(c)
			}
		}
	}
}

func (w *markdown) element(n *html.Node) {
	switch n.Data {
	case "br":
		w.breakLine(1)
		return
	case "b", "strong":
		w.mark(n, "**")
		return
	case "i", "em":
		w.mark(n, "*")
		return
	case "code", "kbd", "samp", "tt":
		w.code(n)
		return
	case "a":
		w.link(n)
		return
	case "img":
		w.image(n)
		return
	}
	spaced, isBlock := blocks[n.Data]
	lines := 0
	switch {
	case spaced && (len(w.list) == 0 || n.Data != "ul" && n.Data != "ol"):
		lines = 2
	case isBlock:
		lines = 1
	}
	if lines > 0 {
		w.breakLine(lines)
	}
	w.block(n)
	if lines > 0 {
		w.breakLine(lines)
	}
}

// block writes an element that is not part of a line of text.
func (w *markdown) block(n *html.Node) {
	if w.inline > 0 {
		w.children(n)
		return
	}
	switch n.Data {
	case "h1", "h2", "h3", "h4", "h5", "h6":
		mark := strings.Repeat("#", int(n.Data[1]-'0')) + " "
		w.open(mark)
		w.inline++
		w.children(n)
		w.inline--
		w.end(mark, "")
	case "hr":
		w.separate()
		w.text = append(w.text, "---"...)
	case "blockquote":
		w.indented("> ", "", n)
	case "ul", "menu", "dir":
		w.items(n, 0)
	case "ol":
		start, _ := attributeOf(n, "start")
		first, err := strconv.Atoi(start)
		if err != nil || first < 1 || first > 1_000_000 {
			first = 1
		}
		w.items(n, first)
	case "li":
		w.item(n)
	case "pre":
		w.preformatted(n)
	case "table":
		w.table(n)
	default:
		w.children(n)
	}
}

// mark writes an element between marks such as **.
func (w *markdown) mark(n *html.Node, mark string) {
	w.open(mark)
	w.inline++
	w.children(n)
	w.inline--
	w.end(mark, mark)
}

func (w *markdown) items(n *html.Node, first int) {
	w.list = append(w.list, first)
	w.children(n)
	w.list = w.list[:len(w.list)-1]
}

func (w *markdown) item(n *html.Node) {
	marker := "- "
	if last := len(w.list) - 1; last >= 0 && w.list[last] > 0 {
		marker = strconv.Itoa(w.list[last]) + ". "
		w.list[last]++
	}
	w.indented(strings.Repeat(" ", len(marker)), marker, n)
}

// indented writes an element with a prefix in each line. marker replaces the prefix in the first
// line.
func (w *markdown) indented(prefix, marker string, n *html.Node) {
	if len(w.prefix) >= maxNested {
		w.children(n)
		return
	}
	w.prefix = append(w.prefix, prefix)
	outer := w.marker
	if marker != "" {
		if outer != "" { // a list that begins in a list item
			w.prefix = w.prefix[:len(w.prefix)-1]
			w.separate()
			w.prefix = append(w.prefix, prefix)
			w.text = bytes.TrimRight(w.text, " ")
			w.lines = 1
		}
		w.marker = marker
	}
	w.children(n)
	if w.marker != "" { // the item is empty
		w.marker = ""
	}
	w.prefix = w.prefix[:len(w.prefix)-1]
}

// rawText returns the text in n with its white space.
func (w *markdown) rawText(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if w.Add(50); c.Type == html.TextNode {
			w.Add(len(c.Data))
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// fence returns a row of at least n backticks that is not in s.
func fence(s string, n int) string {
	run, maxRun := 0, 0
	for _, c := range []byte(s) {
		if run++; c != '`' {
			run = 0
		}
		maxRun = max(maxRun, run)
	}
	return strings.Repeat("`", max(n, maxRun+1))
}

func (w *markdown) code(n *html.Node) {
	text := oneLine(w.rawText(n))
	if text == "" {
		return
	}
	mark := fence(text, 1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	if w.cells > 0 {
		text = strings.ReplaceAll(text, "|", `\|`)
	}
	w.separate()
	w.text = append(append(append(w.text, mark...), text...), mark...)
}

func (w *markdown) preformatted(n *html.Node) {
	text := strings.Trim(strings.ReplaceAll(w.rawText(n), "\r\n", "\n"), "\n")
	mark := fence(text, 3)
	w.separate()
	w.text = append(w.text, mark...)
	for line := range strings.SplitSeq(text, "\n") {
		w.lines = 1
		w.separate()
		w.text = append(w.text, line...)
	}
	w.lines = 1
	w.separate()
	w.text = append(w.text, mark...)
}

var targetEscapes = strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", `\`, "%5C")

// target returns a URL as the target of a link. ok is false if there is none.
func (w *markdown) target(n *html.Node, attribute string) (_ string, ok bool) {
	href, ok := attributeOf(n, attribute)
	if !ok || w.tooLong || strings.TrimSpace(href) == "" {
		return "", false
	}
	w.Add(len(href))
	href, ok = w.resolver.resolve(href)
	if w.tooLong = w.tooLong || len(w.text)+len(href) > maxResult; w.tooLong {
		return "", false
	}
	return targetEscapes.Replace(href), ok
}

func (w *markdown) link(n *html.Node) {
	href, ok := w.target(n, "href")
	if !ok {
		w.children(n)
		return
	}
	w.open("[")
	w.inline++
	w.children(n)
	w.inline--
	w.end("[", "]("+href+")")
}

func (w *markdown) image(n *html.Node) {
	src, ok := w.target(n, "src")
	if !ok {
		return
	}
	alt, _ := attributeOf(n, "alt")
	w.separate()
	w.text = append(w.text, "!["+specialCharacters.Replace(oneLine(alt))+"]("+src+")"...)
}

// table writes a table. Tables in its cells become text.
func (w *markdown) table(n *html.Node) {
	rows := 0
	for row := range n.Descendants() {
		w.Add(20)
		if row.Type != html.ElementNode || row.Data != "tr" || tableOf(row) != n {
			continue
		}
		w.lines = max(w.lines, 1)
		w.separate()
		columns := 0
		for cell := range row.ChildNodes() {
			if cell.Type != html.ElementNode {
				continue
			}
			w.text = append(w.text, "| "...)
			columns++
			w.inline++
			w.cells++
			before := len(w.text)
			w.space = false
			w.children(cell)
			w.cells--
			w.inline--
			if len(w.text) > before {
				w.text = append(w.text, ' ')
			}
			w.space = false
		}
		w.text = append(w.text, '|')
		if rows++; rows == 1 {
			w.lines = 1
			w.separate()
			w.text = append(w.text, strings.Repeat("| --- ", columns)+"|"...)
		}
	}
}

// tableOf returns the innermost table that contains n, or nil.
func tableOf(n *html.Node) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "table" {
			return p
		}
	}
	return nil
}
