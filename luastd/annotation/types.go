package annotation

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	nameOfType  = regexp.MustCompile(`^[A-Za-z_][\w.]*(?:\w)?`)
	nameOfParam = regexp.MustCompile(`^(?:[A-Za-z_]\w*|\.\.\.)`)
	nameOfField = regexp.MustCompile(`^(?:[A-Za-z_]\w*|\[[^\]]*\])`)
	literal     = regexp.MustCompile(`^(?:"[^"]*"|'[^']*'|-?\d+(?:\.\d+)?)`)
)

// cutType returns the type at the beginning of text, and the description after it.
func cutType(text string) (luaType, rest string, err error) {
	text = strings.TrimSpace(text)
	p := typeParser{rest: text}
	if err := p.union(); err != nil {
		return "", text, err
	}
	if p.rest != "" && p.rest[0] != ' ' {
		return "", text, fmt.Errorf("a type ends before %q", p.rest)
	}
	return text[:len(text)-len(p.rest)], strings.TrimSpace(p.rest), nil
}

// namesIn returns the names of types that a type mentions.
func namesIn(luaType string) []string {
	p := typeParser{rest: luaType}
	_ = p.union() // cutType has accepted the type
	return p.names
}

// Parameters returns the parameters of a type of functions, such as an overload.
func Parameters(luaType string) []Field {
	p := typeParser{rest: luaType}
	_ = p.union() // cutType has accepted the type
	return p.params
}

// A typeParser reads a type of the Lua language server.
type typeParser struct {
	rest   string
	names  []string // names of types that have been read
	depth  int      // number of types of functions around the part that is read
	params []Field  // of the outermost type of functions
}

// next skips spaces and the token, and reports whether the token was there.
func (p *typeParser) next(token string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " "), token)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *typeParser) expect(token string) error {
	if !p.next(token) {
		return fmt.Errorf("%q expected before %q", token, p.rest)
	}
	return nil
}

// union reads types that "|" separates.
func (p *typeParser) union() error {
	for {
		if err := p.suffixed(); err != nil {
			return err
		}
		if !p.next("|") {
			return nil
		}
	}
}

// suffixed reads a type and any number of "[]" and "?" after it.
func (p *typeParser) suffixed() error {
	p.rest = strings.TrimLeft(p.rest, " ")
	if err := p.simple(); err != nil {
		return err
	}
	for {
		switch {
		case strings.HasPrefix(p.rest, "[]"):
			p.rest = p.rest[2:]
		case strings.HasPrefix(p.rest, "?"):
			p.rest = p.rest[1:]
		default:
			return nil
		}
	}
}

func (p *typeParser) simple() error {
	switch {
	case p.next("("):
		if err := p.union(); err != nil {
			return err
		}
		return p.expect(")")
	case p.next("{"):
		return p.table()
	case strings.HasPrefix(p.rest, "fun("):
		p.rest = p.rest[len("fun("):]
		return p.function()
	}
	if l := literal.FindString(p.rest); l != "" {
		p.rest = p.rest[len(l):]
		return nil
	}
	name := strings.TrimRight(nameOfType.FindString(p.rest), ".")
	if name == "" {
		return fmt.Errorf("a type expected, not %q", p.rest)
	}
	p.names = append(p.names, name)
	p.rest = p.rest[len(name):]
	if strings.HasPrefix(p.rest, "<") {
		p.rest = p.rest[1:]
		for {
			if err := p.union(); err != nil {
				return err
			}
			if !p.next(",") {
				return p.expect(">")
			}
		}
	}
	return nil
}

// table reads the fields of a table type and its "}".
func (p *typeParser) table() error {
	for !p.next("}") {
		p.rest = strings.TrimLeft(p.rest, " ")
		if p.next("[") {
			if err := p.union(); err != nil {
				return err
			}
			if err := p.expect("]"); err != nil {
				return err
			}
		} else if _, err := p.name("field"); err != nil {
			return err
		}
		if err := p.expect(":"); err != nil {
			return err
		}
		if err := p.union(); err != nil {
			return err
		}
		if !p.next(",") && !strings.HasPrefix(strings.TrimLeft(p.rest, " "), "}") {
			return fmt.Errorf("%q expected before %q", "}", p.rest)
		}
	}
	return nil
}

// name reads the name of a field or a parameter, and a "?" after it.
func (p *typeParser) name(what string) (f Field, err error) {
	p.rest = strings.TrimLeft(p.rest, " ")
	f.Name = nameOfParam.FindString(p.rest)
	if f.Name == "" {
		return f, fmt.Errorf("the name of a %s expected, not %q", what, p.rest)
	}
	p.rest, f.Optional = strings.CutPrefix(p.rest[len(f.Name):], "?")
	return f, nil
}

// function reads the parameters of a function type, its ")", and its results.
func (p *typeParser) function() error {
	p.depth++
	defer func() { p.depth-- }()
	for !p.next(")") {
		f, err := p.name("parameter")
		if err != nil {
			return err
		}
		if p.next(":") {
			start := p.rest
			if err := p.union(); err != nil {
				return err
			}
			f.Type = strings.TrimSpace(start[:len(start)-len(p.rest)])
		}
		if p.depth == 1 {
			p.params = append(p.params, f)
		}
		if !p.next(",") && !strings.HasPrefix(p.rest, ")") {
			return fmt.Errorf("%q expected before %q", ")", p.rest)
		}
	}
	if !p.next(":") {
		return nil
	}
	for {
		if p.next("...") && !startsType(p.rest) {
			return nil
		}
		if err := p.union(); err != nil {
			return err
		}
		if strings.HasPrefix(strings.TrimLeft(p.rest, " "), ":") {
			return errors.New("a function with results must be in brackets when a parameter follows")
		}
		if !p.next(",") {
			return nil
		}
	}
}

// startsType reports whether a type can begin with text.
func startsType(text string) bool {
	return text != "" && (nameOfType.MatchString(text) || strings.ContainsAny(text[:1], `("{'`))
}
