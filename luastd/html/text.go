package html

import (
	"bytes"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"moonlark/luastd"
)

// maxText is the maximal length of a text, in bytes. No page that parse accepts has a longer one.
const maxText = 4 * maxPage

// hidden has the elements whose content people do not read.
var hidden = setOf("script style noscript template head title svg math iframe object noembed noframes audio video canvas datalist")

// blocks has the elements that begin a new line. The value true means that an empty line is before
// and after them.
var blocks = func() map[string]bool {
	all := make(map[string]bool)
	for name := range setOf("address article aside body center dd details dialog dir div dt fieldset figcaption figure footer form header hgroup html legend li main menu nav optgroup option search section summary tbody thead tfoot tr caption") {
		all[name] = false
	}
	for name := range setOf("blockquote dl h1 h2 h3 h4 h5 h6 hr ol p pre table ul") {
		all[name] = true
	}
	return all
}()

// A flow is a text that is written word by word. White space becomes one space, or the line breaks
// that were asked for.
type flow struct {
	*luastd.Progress
	text  []byte
	max   int  // maximal length of text; what is beyond is dropped
	lines int  // number of line ends before the next word
	tabs  int  // number of tabs before the next word
	space bool // a space is before the next word
	pre   int  // number of open elements in which white space is kept
}

// breakLine asks for n line ends before the next word.
func (f *flow) breakLine(n int) {
	f.lines = max(f.lines, n)
	f.space = false
}

// separate writes what is between the last word and the next.
func (f *flow) separate() {
	if len(f.text) > 0 {
		f.text = append(f.text, "\n\n"[:f.lines]...)
	}
	switch {
	case f.tabs > 0:
		for range f.tabs {
			f.text = append(f.text, '\t')
		}
	case f.space && f.lines == 0 && len(f.text) > 0:
		f.text = append(f.text, ' ')
	}
	f.lines, f.tabs, f.space = 0, 0, false
}

// write writes the words of s.
func (f *flow) write(s string) {
	f.Add(len(s))
	for s != "" && len(f.text) < f.max {
		if f.pre > 0 {
			line, rest, more := strings.Cut(s, "\n")
			if line != "" {
				f.separate()
				f.text = append(f.text, strings.TrimSuffix(line, "\r")...)
			}
			if s = rest; more {
				f.separate()
				f.text = append(f.text, '\n')
			}
			continue
		}
		word := strings.TrimLeftFunc(s, unicode.IsSpace)
		f.space = f.space || len(word) < len(s)
		end := strings.IndexFunc(word, unicode.IsSpace)
		if end < 0 {
			end = len(word)
		}
		if end > 0 {
			f.separate()
			f.text = append(f.text, word[:end]...)
		}
		s = word[end:]
	}
}

// textOf returns the text in n that people read, at most limit bytes.
func textOf(n *html.Node, limit int, p *luastd.Progress) string {
	f := &flow{Progress: p, max: limit}
	f.children(n)
	text := strings.TrimRightFunc(string(f.text[:min(len(f.text), limit)]), unicode.IsSpace)
	return strings.ToValidUTF8(text, "")
}

func (f *flow) children(n *html.Node) {
	for c := range n.ChildNodes() {
		switch c.Type {
		case html.TextNode:
			f.write(c.Data)
		case html.ElementNode:
			if f.Add(50); !hidden[c.Data] {
				f.element(c)
			}
		}
	}
}

func (f *flow) element(n *html.Node) {
	spaced, isBlock := blocks[n.Data]
	lines := 0
	switch {
	case n.Data == "br":
		f.lines = min(f.lines+1, 2)
		return
	case spaced:
		lines = 2
	case isBlock:
		lines = 1
	}
	if lines > 0 {
		f.breakLine(lines)
	}
	switch n.Data {
	case "tr":
		f.tabs = 0
	case "td", "th":
		if n.PrevSibling != nil {
			f.tabs++
			f.space = false
		}
	case "pre", "textarea":
		f.pre++
		defer func() { f.pre-- }()
	}
	f.children(n)
	if f.pre > 0 && n.Data == "pre" {
		f.text = bytes.TrimRight(f.text, "\n")
	}
	if lines > 0 {
		f.breakLine(lines)
	}
}
