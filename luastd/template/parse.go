package template

import (
	"fmt"
	"strings"

	"moonlark/luastd/value"
)

// A node is a part of a template.
type node struct {
	kind  kind
	text  string   // the text of kindText; otherwise the name
	path  []string // the parts of the name; empty if the name is "."
	line  int      // number of the line of the tag
	nodes []node   // the content of a section
}

type kind int

const (
	kindText     kind = iota
	kindValue         // {{name}}
	kindRaw           // {{{name}}} or {{&name}}
	kindSection       // {{#name}}
	kindInverted      // {{^name}}
	kindClose         // {{/name}}; only the parser uses it
	kindComment       // {{! comment}}; only the parser uses it
)

// kinds has the kinds of tags by their first character.
var kinds = map[byte]kind{'&': kindRaw, '#': kindSection, '^': kindInverted, '/': kindClose, '!': kindComment}

// A parser reads the text of a template.
type parser struct {
	text       string
	at         int // index in text of the first byte that has not been read
	line       int // number of the line in which at is
	tags       int // number of tags so far
	checkpoint func()
}

// parse returns the nodes of a text. It calls checkpoint regularly.
func parse(text string, checkpoint func()) ([]node, error) {
	p := &parser{text: text, line: 1, checkpoint: checkpoint}
	return p.nodes(nil, 0)
}

// nodes returns the nodes up to the end of the section open, or of the text if open is nil. depth
// is the number of sections in which the nodes are.
func (p *parser) nodes(open *node, depth int) ([]node, error) {
	var nodes []node
	for {
		begin := strings.Index(p.text[p.at:], "{{")
		if begin < 0 {
			if open != nil {
				return nil, fmt.Errorf("line %d: %s has no %s", open.line, showTag('#', open), showTag('/', open))
			}
			return appendText(nodes, p.text[p.at:]), nil
		}
		begin += p.at
		before := p.text[p.at:begin]
		p.skip(begin)
		tag, end, err := p.tag()
		if err != nil {
			return nil, err
		}
		if lineStart, lineEnd, ok := p.standsAlone(tag.kind, begin, end); ok {
			before = before[:len(before)-(begin-lineStart)]
			end = lineEnd
		}
		p.skip(end)
		nodes = appendText(nodes, before)
		switch tag.kind {
		case kindComment:
		case kindClose:
			if open == nil {
				return nil, fmt.Errorf("line %d: %s closes nothing", tag.line, showTag('/', tag))
			}
			if open.text != tag.text {
				return nil, fmt.Errorf("line %d: %s closes %s of line %d", tag.line, showTag('/', tag), showTag('#', open), open.line)
			}
			return nodes, nil
		case kindSection, kindInverted:
			if depth == maxDepth {
				return nil, fmt.Errorf("line %d: more than %d nested sections", tag.line, maxDepth)
			}
			if tag.nodes, err = p.nodes(tag, depth+1); err != nil {
				return nil, err
			}
			nodes = append(nodes, *tag)
		default:
			nodes = append(nodes, *tag)
		}
	}
}

// skip continues at the index to.
func (p *parser) skip(to int) {
	p.line += strings.Count(p.text[p.at:to], "\n")
	p.at = to
}

// tag returns the tag that begins at p.at, and the index after it.
func (p *parser) tag() (*node, int, error) {
	if p.tags++; p.tags%tagsPerCheckpoint == 0 {
		p.checkpoint()
	}
	tag := &node{kind: kindValue, line: p.line}
	begin, closing := p.at+len("{{"), "}}"
	if strings.HasPrefix(p.text[begin:], "{") {
		tag.kind, begin, closing = kindRaw, begin+1, "}}}"
	}
	length := strings.Index(p.text[begin:], closing)
	if length < 0 {
		return nil, 0, fmt.Errorf("line %d: %s has no %s", p.line, p.text[p.at:begin], closing)
	}
	content, end := p.text[begin:begin+length], begin+length+len(closing)
	if content != "" && closing == "}}" {
		switch first := content[0]; first {
		case '>':
			return nil, 0, fmt.Errorf("line %d: {{> is not supported: templates cannot contain other templates", p.line)
		case '=':
			return nil, 0, fmt.Errorf("line %d: {{= is not supported: the braces cannot be changed", p.line)
		default:
			if kind, ok := kinds[first]; ok {
				tag.kind, content = kind, content[1:]
			}
		}
	}
	if tag.kind == kindComment {
		return tag, end, nil
	}
	tag.text = strings.TrimSpace(content)
	if tag.text == "." {
		return tag, end, nil
	}
	tag.path = strings.Split(tag.text, ".")
	for _, part := range tag.path {
		if part == "" || strings.ContainsAny(part, " \t\r\n{}") {
			return nil, 0, fmt.Errorf("line %d: %s is not a name", p.line, value.Quote(tag.text))
		}
	}
	return tag, end, nil
}

// standsAlone reports whether the tag from begin to end is the only text in its line, and has no
// value. It also returns the index of the line and the index after it.
func (p *parser) standsAlone(kind kind, begin, end int) (lineStart, lineEnd int, ok bool) {
	if kind == kindValue || kind == kindRaw {
		return 0, 0, false
	}
	for lineStart = begin; lineStart > 0 && isBlank(p.text[lineStart-1]); lineStart-- {
	}
	if lineStart > 0 && p.text[lineStart-1] != '\n' {
		return 0, 0, false
	}
	for lineEnd = end; lineEnd < len(p.text) && isBlank(p.text[lineEnd]); lineEnd++ {
	}
	rest := p.text[lineEnd:]
	switch {
	case rest == "":
		return lineStart, lineEnd, true
	case rest[0] == '\n':
		return lineStart, lineEnd + 1, true
	case strings.HasPrefix(rest, "\r\n"):
		return lineStart, lineEnd + 2, true
	}
	return 0, 0, false
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func appendText(nodes []node, text string) []node {
	if text == "" {
		return nodes
	}
	return append(nodes, node{kind: kindText, text: text})
}

// showTag returns a tag for an error message. sign is its first character.
func showTag(sign byte, n *node) string {
	if sign == '#' && n.kind == kindInverted {
		sign = '^'
	}
	name := n.text
	if len(name) > 40 {
		name = strings.ToValidUTF8(name[:40], "") + "..."
	}
	return "{{" + string(sign) + name + "}}"
}
