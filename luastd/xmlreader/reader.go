// Package xmlreader reads the tags and texts of an XML text one after the other, for the modules
// that need XML. It limits what a text from outside can cost: the length of the text, the number
// and the depth of elements, and the number of attributes. It reads no document type definition,
// and knows no entities that a text defines, so the result is never longer than the text.
//
// A Reader belongs to one goroutine. It waits for nothing.
package xmlreader

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"moonlark/engine/safetext"
)

const (
	// MaxText is the maximal length of a text, in bytes.
	MaxText = 8 << 20

	// MaxDepth is the maximal depth of nested elements.
	MaxDepth = 100

	// maxSpaces is the maximal number of equals signs and spaces between the attributes of one tag.
	// encoding/xml reads all attributes of a tag before it returns.
	maxSpaces = 10_000
)

// Options are the settings of a Reader.
type Options struct {
	// MaxNodes is the maximal number of elements and attributes of a text. It must be set.
	MaxNodes int

	// Lenient reads texts that are almost XML, as many feeds are: it knows the entities of HTML,
	// such as &nbsp;, takes an & that begins no entity for a character, and replaces characters
	// that XML does not permit.
	Lenient bool

	// Checkpoint is called regularly. It may panic. It must be set.
	Checkpoint func()
}

// An Error says why a text cannot be read.
type Error struct {
	Code string // "invalid", "too_large" or "unsupported"
	Why  string
}

// Error returns the reason.
func (e *Error) Error() string { return e.Why }

// A Token is a part of a text.
type Token struct {
	Kind  Kind
	Name  string      // the name of the element, as the text has it: with its prefix
	Attrs []Attribute // the attributes of a start tag
	Text  string      // the characters of a text, without entities
}

// A Kind says what a Token is.
type Kind int

// The kinds of a Token. An element without content, such as <br/>, has a start tag and an end tag
// too. An element can contain several texts without a tag between them.
const (
	Start Kind = iota
	End
	Text
)

// An Attribute of a start tag.
type Attribute struct{ Name, Value string }

// A Reader reads one text.
type Reader struct {
	opts    Options
	text    string // in UTF-8
	decoder *xml.Decoder
	open    []string // names of the elements that contain the current position, outermost first
	nodes   int      // number of elements and attributes so far
	rooted  bool     // the start tag of the root element has been read
}

// New returns a Reader of text. It returns an error if the text is too long, or if its encoding is
// not known.
func New(text string, opts Options) (*Reader, error) {
	if len(text) > MaxText {
		return nil, &Error{"too_large", fmt.Sprintf("the text has %d bytes; the maximum is %d", len(text), MaxText)}
	}
	text, err := toUTF8(text)
	if err != nil {
		return nil, err
	}
	if opts.Lenient {
		text = permitted(text)
	}
	r := &Reader{opts: opts, text: text}
	r.decoder = xml.NewDecoder(&source{text: text, checkpoint: opts.Checkpoint})
	r.decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	if opts.Lenient {
		r.decoder.Strict = false
		r.decoder.Entity = xml.HTMLEntity
	}
	return r, nil
}

// Next returns the next part of the text. It returns io.EOF after the end tag of the root element,
// and an [*Error] if the text is wrong.
func (r *Reader) Next() (Token, error) {
	for {
		if err := r.checkTag(); err != nil {
			return Token{}, err
		}
		token, err := r.decoder.RawToken()
		if err != nil {
			return Token{}, r.explain(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			return r.start(token)
		case xml.EndElement:
			return r.end(name(token.Name))
		case xml.CharData:
			if len(r.open) > 0 {
				return Token{Kind: Text, Text: string(token)}, nil
			}
			if strings.TrimSpace(string(token)) != "" && !r.opts.Lenient {
				return Token{}, r.wrong("text outside of the root element")
			}
		case xml.Directive:
			if strings.Contains(string(token), "[") {
				return Token{}, &Error{"unsupported", fmt.Sprintf("line %d: a document type with definitions", r.line())}
			}
		}
	}
}

func (r *Reader) start(tag xml.StartElement) (Token, error) {
	token := Token{Kind: Start, Name: name(tag.Name)}
	r.nodes += 1 + len(tag.Attr)
	switch {
	case r.rooted && len(r.open) == 0:
		return Token{}, r.wrong("a second root element: %s", token.Name)
	case len(r.open) == MaxDepth:
		return Token{}, &Error{"too_large", fmt.Sprintf("line %d: more than %d nested elements", r.line(), MaxDepth)}
	case r.nodes > r.opts.MaxNodes:
		return Token{}, &Error{"too_large", fmt.Sprintf("more than %d elements and attributes", r.opts.MaxNodes)}
	}
	r.rooted = true
	r.open = append(r.open, token.Name)
	seen := make(map[string]bool, len(tag.Attr))
	for _, attribute := range tag.Attr {
		name := name(attribute.Name)
		if seen[name] && !r.opts.Lenient {
			return Token{}, r.wrong("the attribute %s occurs twice", name)
		}
		seen[name] = true
		token.Attrs = append(token.Attrs, Attribute{name, attribute.Value})
	}
	return token, nil
}

func (r *Reader) end(name string) (Token, error) {
	last := len(r.open) - 1
	if last < 0 {
		return Token{}, r.wrong("an end tag without a start tag: %s", name)
	}
	if r.open[last] != name {
		return Token{}, r.wrong("the end tag is %s, but the element is %s", name, r.open[last])
	}
	r.open = r.open[:last]
	return Token{Kind: End, Name: name}, nil
}

// name returns a name as the text has it. encoding/xml divides it at the colon.
func name(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// checkTag returns an error if the next part of the text is a start tag with too many attributes.
func (r *Reader) checkTag() error {
	rest := r.text[r.decoder.InputOffset():]
	if len(rest) < 2 || rest[0] != '<' || strings.IndexByte("!?/", rest[1]) >= 0 {
		return nil
	}
	spaces, quote := 0, byte(0)
	for _, c := range []byte(rest) {
		switch {
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return nil
		case c == '=' || c <= ' ':
			if spaces++; spaces > maxSpaces {
				return &Error{"too_large", fmt.Sprintf("line %d: a tag with too many attributes", r.line())}
			}
		}
	}
	return nil
}

func (r *Reader) line() int {
	line, _ := r.decoder.InputPos()
	return line
}

func (r *Reader) wrong(format string, args ...any) error {
	why := safetext.Line(safetext.Cut(fmt.Sprintf(format, args...), 200, "..."))
	return &Error{"invalid", fmt.Sprintf("line %d: %s", r.line(), why)}
}

// explain returns an error of encoding/xml as the error of Next.
func (r *Reader) explain(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, io.EOF) && r.rooted && len(r.open) == 0:
		return io.EOF
	case errors.Is(err, io.EOF) && !r.rooted:
		return &Error{"invalid", "the text has no element"}
	case errors.Is(err, io.EOF):
		return r.wrong("the text ends within the element %s", r.open[len(r.open)-1])
	case errors.As(err, &syntax):
		return r.wrong("%s", syntax.Msg)
	}
	return r.wrong("%s", strings.TrimPrefix(err.Error(), "xml: "))
}
