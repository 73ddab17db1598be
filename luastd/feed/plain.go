package feed

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// blocks are the elements of HTML that begin a new line.
var blocks = []string{
	"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "h1", "h2",
	"h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
}

// isBlock reports whether an element of HTML begins a new line. name may have a prefix.
func isBlock(name string) bool {
	return slices.Contains(blocks, name[strings.LastIndexByte(name, ':')+1:])
}

// plain returns the text of a part of a page in HTML, without tags and entities. It leaves out
// scripts and style sheets. A text without tags keeps its lines.
func plain(s string) string {
	if !strings.Contains(s, "<") {
		return collapse(html.UnescapeString(s))
	}
	var b strings.Builder
	var hidden bool // in a script or a style sheet
	tokenizer := html.NewTokenizer(strings.NewReader(s))
	for {
		kind := tokenizer.Next()
		switch kind {
		case html.ErrorToken: // the end
			return collapse(b.String())
		case html.TextToken:
			if !hidden {
				b.WriteString(oneLine(string(tokenizer.Text())))
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			tag, _ := tokenizer.TagName()
			hidden = kind == html.StartTagToken && (string(tag) == "script" || string(tag) == "style")
			if isBlock(string(tag)) {
				b.WriteByte('\n')
			}
		}
	}
}

// collapse returns s without white space at both ends. Each sequence of white space in it becomes a
// line end if it has one, otherwise a space.
func collapse(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if words := strings.Fields(line); len(words) > 0 {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	return strings.Join(lines, "\n")
}

// oneLine returns s with spaces in place of line ends.
func oneLine(s string) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(s) }
