// Package annotation reads the declarations of functions, fields and types that the file doc.lua of a
// module has: Lua code without statements, with the annotations of the Lua language server. The command
// help and the prompt of the command repl show the declarations, and tests compare them with the modules.
package annotation

import (
	"fmt"
	"regexp"
	"strings"
)

// Declarations are what a text declares, in its order.
type Declarations struct {
	Source    string // name of the text, for Mistakes
	Functions []*Function
	Values    []*Value
	Classes   []*Class
	Aliases   []*Alias
	// Mistakes are what is wrong in the text, each as "SOURCE:LINE: what is wrong".
	Mistakes []string
}

// A Function is a function of a module, a global function or a method.
type Function struct {
	Name      string // as in the text: "session.start", "Timer:cancel"
	About     string // what it does; lines are separated by "\n"
	Params    []Field
	Returns   []Field // their Names may be empty
	Overloads []string
	Class     *Class // of a method, otherwise nil
	Line      int

	names    []string // of the parameters in the function statement
	generics []string
}

// A Value is a global variable or a field of a module that is not a function.
type Value struct {
	Name  string // "session", "json.null"
	About string
	Type  string    // empty if the text does not declare it
	Class *Class    // the class that the text declares for it, or nil
	Call  *Function // how to call it if its class can be called, or nil
	Line  int
}

// A Class is a type of tables or handles.
type Class struct {
	Name    string
	About   string
	Parents []string
	Fields  []Field
	Local   string // name of the local variable that has the methods in the text, or ""
	Methods []*Function
	Line    int

	overloads []string
}

// An Alias is a name for a type.
type Alias struct {
	Name, Type string
	Line       int
}

// A Field is a field of a class, or a parameter or a result of a function.
type Field struct {
	Name     string
	Type     string
	Optional bool // the name or the type ends with "?"
	About    string
}

// Parse reads the declarations in text. source is the name of the text.
func Parse(source, text string) *Declarations {
	r := &reader{out: &Declarations{Source: source}, locals: make(map[string]*Class)}
	for i, line := range strings.Split(text, "\n") {
		r.line = i + 1
		r.read(strings.TrimRight(line, " \r"))
	}
	if r.pending() {
		r.mistake("the annotations at the end of the text belong to no declaration")
	}
	return r.out
}

// A reader reads a text line by line.
type reader struct {
	out    *Declarations
	line   int
	locals map[string]*Class // classes whose methods are declared with a local variable, by its name

	block // the annotations since the last statement or empty line
}

// A block is a group of annotations that belong together.
type block struct {
	about     []string
	class     *Class
	params    []Field
	returns   []Field
	overloads []string
	generics  []string
	valueType string
}

// pending reports whether the block has annotations that only a statement can use.
func (b *block) pending() bool {
	return len(b.params) > 0 || len(b.returns) > 0 || len(b.overloads) > 0 && b.class == nil || b.valueType != ""
}

func (r *reader) mistake(format string, args ...any) {
	r.out.Mistakes = append(r.out.Mistakes, fmt.Sprintf("%s:%d: ", r.out.Source, r.line)+fmt.Sprintf(format, args...))
}

var (
	functionLine = regexp.MustCompile(`^function ([A-Za-z_][\w.]*(?::\w+)?)\(([^)]*)\)( end)?$`)
	localLine    = regexp.MustCompile(`^local ([A-Za-z_]\w*) = \{\}$`)
	valueLine    = regexp.MustCompile(`^([A-Za-z_][\w.]*) = (?:\{\}|nil|""|0|false|true)$`)
)

func (r *reader) read(line string) {
	if annotation, ok := strings.CutPrefix(line, "---"); ok {
		r.annotation(annotation)
		return
	}
	if line == "" || strings.HasPrefix(line, "--") {
		if r.pending() {
			r.mistake("the annotations before this line belong to no declaration")
		}
		r.block = block{}
		return
	}
	if m := functionLine.FindStringSubmatch(line); m != nil {
		r.function(m[1], m[2], m[3] != "")
	} else if m := localLine.FindStringSubmatch(line); m != nil {
		r.local(m[1])
	} else if m := valueLine.FindStringSubmatch(line); m != nil {
		r.value(m[1])
	} else {
		r.mistake("neither an annotation nor a declaration: %s", line)
	}
	r.block = block{}
}

// annotation reads a line after its "---".
func (r *reader) annotation(text string) {
	tagged, isTag := strings.CutPrefix(text, "@")
	if !isTag {
		r.about = append(r.about, strings.TrimSpace(text))
		return
	}
	tag, rest, _ := strings.Cut(tagged, " ")
	rest = strings.TrimSpace(rest)
	switch tag {
	case "class":
		r.declareClass(rest)
	case "field":
		r.field(rest)
	case "param":
		if f, ok := r.namedType(rest, nameOfParam); ok {
			r.params = append(r.params, f)
		}
	case "return":
		r.result(rest)
	case "overload":
		if t, about, err := cutType(rest); err != nil || about != "" || !strings.HasPrefix(t, "fun(") {
			r.mistake("@overload needs the type of a function, not %s (%v)", rest, err)
		} else if r.class != nil {
			r.class.overloads = append(r.class.overloads, t)
		} else {
			r.overloads = append(r.overloads, t)
		}
	case "generic":
		for _, part := range strings.Split(rest, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(part), ":")
			r.generics = append(r.generics, strings.TrimSpace(name))
		}
	case "type":
		if t, _, err := cutType(rest); err != nil {
			r.mistake("@type: %v", err)
		} else {
			r.valueType = t
		}
	case "alias":
		name, rest, _ := strings.Cut(rest, " ")
		t, _, err := cutType(rest)
		if err != nil {
			r.mistake("@alias %s: %v", name, err)
		}
		r.out.Aliases = append(r.out.Aliases, &Alias{Name: name, Type: t, Line: r.line})
	case "operator", "meta":
	default:
		r.mistake("unknown tag @%s", tag)
	}
}

func (r *reader) declareClass(text string) {
	name := nameOfType.FindString(text)
	if name == "" {
		r.mistake("@class needs a name, not %s", text)
		return
	}
	c := &Class{Name: name, Line: r.line}
	about := strings.TrimSpace(text[len(name):])
	if parents, ok := strings.CutPrefix(about, ":"); ok {
		for {
			parents = strings.TrimSpace(parents)
			parent := nameOfType.FindString(parents)
			c.Parents = append(c.Parents, parent)
			parents = parents[len(parent):]
			if !strings.HasPrefix(parents, ",") {
				about = strings.TrimSpace(parents)
				break
			}
			parents = parents[1:]
		}
	}
	c.About = strings.TrimSpace(strings.Join(r.about, "\n") + "\n" + about)
	r.about = nil
	r.class = c
	r.out.Classes = append(r.out.Classes, c)
}

func (r *reader) field(text string) {
	if r.class == nil {
		r.mistake("@field without @class: %s", text)
		return
	}
	f, ok := r.namedType(text, nameOfField)
	if !ok {
		return
	}
	for _, other := range r.class.Fields {
		if other.Name == f.Name {
			r.mistake("class %s has two fields %s", r.class.Name, f.Name)
		}
	}
	r.class.Fields = append(r.class.Fields, f)
}

// namedType reads a name, a type and a description.
func (r *reader) namedType(text string, names *regexp.Regexp) (f Field, ok bool) {
	f.Name = names.FindString(text)
	rest := text[len(f.Name):]
	if f.Name == "" || !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "? ") {
		r.mistake("a name and a type expected, not %s", text)
		return f, false
	}
	if rest[0] == '?' {
		f.Optional, rest = true, rest[1:]
	}
	t, about, err := cutType(rest)
	if err != nil {
		r.mistake("%s: %v", f.Name, err)
		return f, false
	}
	f.Type, f.About = t, strings.TrimSpace(strings.TrimPrefix(about, "#"))
	f.Optional = f.Optional || strings.HasSuffix(t, "?") || strings.HasSuffix(t, "|nil")
	return f, true
}

// result reads the type, the name and the description of a result.
func (r *reader) result(text string) {
	t, rest, err := cutType(text)
	if err != nil {
		r.mistake("@return: %v", err)
		return
	}
	f := Field{Type: t, Optional: strings.HasSuffix(t, "?") || strings.HasSuffix(t, "|nil")}
	if about, ok := strings.CutPrefix(rest, "#"); ok {
		f.About = strings.TrimSpace(about)
	} else {
		name, about, _ := strings.Cut(rest, " ")
		f.Name, f.About = name, strings.TrimSpace(about)
	}
	r.returns = append(r.returns, f)
}

func (r *reader) function(name, parameters string, ends bool) {
	f := &Function{
		Name: name, About: strings.Join(r.about, "\n"), Params: r.params, Returns: r.returns, Overloads: r.overloads,
		Line: r.line, generics: r.generics,
	}
	if !ends {
		r.mistake("%s: a function must end in its line", name)
	}
	for _, parameter := range strings.Split(parameters, ",") {
		if parameter = strings.TrimSpace(parameter); parameter != "" {
			f.names = append(f.names, parameter)
		}
	}
	table, _, isMethod := strings.Cut(name, ":")
	if isMethod {
		if f.Class = r.locals[table]; f.Class == nil {
			r.mistake("%s: no class was declared before local %s", name, table)
		} else {
			f.Class.Methods = append(f.Class.Methods, f)
		}
	}
	r.out.Functions = append(r.out.Functions, f)
}

func (r *reader) local(name string) {
	if r.class == nil {
		r.mistake("local %s has no @class", name)
		return
	}
	r.class.Local = name
	r.locals[name] = r.class
}

func (r *reader) value(name string) {
	v := &Value{Name: name, About: strings.Join(r.about, "\n"), Type: r.valueType, Class: r.class, Line: r.line}
	if c := r.class; c != nil {
		v.About = c.About
		if len(c.overloads) > 0 {
			v.Call = &Function{Name: name, About: c.About, Overloads: c.overloads, Line: r.line}
		}
	}
	r.out.Values = append(r.out.Values, v)
}
