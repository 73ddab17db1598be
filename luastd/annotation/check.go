package annotation

import (
	"fmt"
	"slices"
	"strings"
)

// builtin are the types that the Lua language server knows.
var builtin = []string{
	"any", "boolean", "function", "integer", "nil", "number", "string", "table", "thread", "userdata", "lightuserdata", "unknown",
	"true", "false", "self",
}

// Check returns the mistakes in declarations that belong together, beside their own Mistakes: types that
// nothing declares, names that are declared twice, parameters that are not those of the function.
func Check(all ...*Declarations) (mistakes []string) {
	known := make(map[string]bool)
	report := func(d *Declarations, line int, format string, args ...any) {
		mistakes = append(mistakes, fmt.Sprintf("%s:%d: ", d.Source, line)+fmt.Sprintf(format, args...))
	}
	for _, d := range all {
		once := func(line int, kind, name string) {
			if known[kind+" "+name] {
				report(d, line, "%s %s is declared twice", kind, name)
			}
			known[kind+" "+name] = true
		}
		for _, c := range d.Classes {
			once(c.Line, "type", c.Name)
		}
		for _, a := range d.Aliases {
			once(a.Line, "type", a.Name)
		}
		for _, f := range d.Functions {
			name := f.Name
			if f.Class != nil {
				_, method, _ := strings.Cut(f.Name, ":")
				name = f.Class.Name + ":" + method
			}
			once(f.Line, "name", name)
		}
		for _, v := range d.Values {
			once(v.Line, "name", v.Name)
		}
	}
	for _, d := range all {
		d.eachType(func(line int, luaType string, generics []string) {
			for _, name := range namesIn(luaType) {
				if !slices.Contains(builtin, name) && !slices.Contains(generics, name) && !known["type "+name] {
					report(d, line, "unknown type %s", name)
				}
			}
		})
		for _, f := range d.Functions {
			if problem := f.checkParams(); problem != "" {
				report(d, f.Line, "%s: %s", f.Name, problem)
			}
		}
	}
	return mistakes
}

// eachType calls yield for each type in the declarations.
func (d *Declarations) eachType(yield func(line int, luaType string, generics []string)) {
	for _, c := range d.Classes {
		for _, parent := range c.Parents {
			yield(c.Line, parent, nil)
		}
		for _, f := range c.Fields {
			yield(c.Line, f.Type, nil)
		}
		for _, o := range c.overloads {
			yield(c.Line, o, nil)
		}
	}
	for _, a := range d.Aliases {
		yield(a.Line, a.Type, nil)
	}
	for _, v := range d.Values {
		if v.Type != "" {
			yield(v.Line, v.Type, nil)
		}
	}
	for _, f := range d.Functions {
		for _, p := range slices.Concat(f.Params, f.Returns) {
			yield(f.Line, p.Type, f.generics)
		}
		for _, o := range f.Overloads {
			yield(f.Line, o, f.generics)
		}
	}
}

// checkParams returns what is wrong with the annotations of the parameters, "" if nothing is.
func (f *Function) checkParams() string {
	var annotated []string
	for _, p := range f.Params {
		annotated = append(annotated, p.Name)
	}
	if !slices.Equal(annotated, f.names) {
		return fmt.Sprintf("the parameters are %q, the annotations are for %q", f.names, annotated)
	}
	return ""
}
