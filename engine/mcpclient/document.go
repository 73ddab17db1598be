package mcpclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A node is a value of a JSON document, with the line on which it stands.
type node struct {
	line   int
	value  any // nil, a bool, a json.Number or a string; nil for an object or an array
	kind   string
	fields []field // of an object, in their order
	items  []*node // of an array
}

// A field is a field of an object.
type field struct {
	name string
	line int
	*node
}

// maxDocumentDepth is the maximal depth of nested objects and arrays in a file.
const maxDocumentDepth = 32

// A documentParser makes nodes of a JSON document.
type documentParser struct {
	data []byte
	*json.Decoder
}

// A lineError is an error at a line of a file. Line 0 means that the line is not known.
type lineError struct {
	line int
	text string
}

func (e *lineError) Error() string { return e.text }

// parseDocument returns the value of a JSON document. The error is a *lineError.
func parseDocument(data []byte) (*node, error) {
	p := &documentParser{data, json.NewDecoder(bytes.NewReader(data))}
	p.UseNumber()
	n, err := p.value(0)
	if err != nil {
		return nil, p.explain(err)
	}
	if _, err := p.Token(); !errors.Is(err, io.EOF) {
		return nil, &lineError{p.line(), "there is more text after the end of the JSON object"}
	}
	return n, nil
}

// line returns the line of what has been read last.
func (p *documentParser) line() int {
	return 1 + bytes.Count(p.data[:min(int(p.InputOffset()), len(p.data))], []byte{'\n'})
}

// explain returns err with the line at which it occurred.
func (p *documentParser) explain(err error) error {
	var known *lineError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(p.data[:min(int(syntax.Offset), len(p.data))], []byte{'\n'})
		return &lineError{line, "not JSON: " + syntax.Error()}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &lineError{p.line(), "not JSON: the text ends too early"}
	}
	return &lineError{p.line(), "not JSON: " + err.Error()}
}

// value reads the next value.
func (p *documentParser) value(depth int) (*node, error) {
	token, err := p.Token()
	if err != nil {
		return nil, err
	}
	n := &node{line: p.line()}
	switch token := token.(type) {
	case json.Delim:
		if depth == maxDocumentDepth {
			return nil, &lineError{n.line, "nested too deeply"}
		}
		if token == '[' {
			n.kind = "an array"
			return n, p.array(n, depth+1)
		}
		n.kind = "an object"
		return n, p.object(n, depth+1)
	case string:
		n.kind, n.value = "a string", token
	case json.Number:
		n.kind, n.value = "a number", token
	case bool:
		n.kind, n.value = "a boolean", token
	default:
		n.kind = "null"
	}
	return n, nil
}

func (p *documentParser) array(n *node, depth int) error {
	for p.More() {
		item, err := p.value(depth)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := p.Token()
	return err
}

func (p *documentParser) object(n *node, depth int) error {
	for p.More() {
		token, err := p.Token()
		if err != nil {
			return err
		}
		f := field{name: fmt.Sprint(token), line: p.line()}
		for _, before := range n.fields {
			if before.name == f.name {
				return &lineError{f.line, fmt.Sprintf("%q is there twice", f.name)}
			}
		}
		if f.node, err = p.value(depth); err != nil {
			return err
		}
		n.fields = append(n.fields, f)
	}
	_, err := p.Token()
	return err
}
