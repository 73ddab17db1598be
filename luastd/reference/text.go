package reference

import (
	"fmt"
	"strings"

	"moonlark/luastd/annotation"
)

// eventPrefix is the beginning of the names of the classes that describe events.
const eventPrefix = "moonlark.event."

// maxOverloads is how many other forms of a function are shown. on has one for each event.
const maxOverloads = 4

// signature returns a function with its parameters and results, in one line.
func signature(name string, f *annotation.Function) string {
	if f.Params == nil && len(f.Overloads) > 0 && f.Class == nil && f.Returns == nil {
		return overload(name, f.Overloads[0])
	}
	parameters := make([]string, len(f.Params))
	for i, p := range f.Params {
		parameters[i] = mark(p) + ": " + p.Type
	}
	text := name + "(" + strings.Join(parameters, ", ") + ")"
	for i, result := range f.Returns {
		separator := ", "
		if i == 0 {
			separator = " -> "
		}
		text += separator + result.Type
	}
	return text
}

// mark returns the name of a field, with "?" if it may be missing.
func mark(f annotation.Field) string {
	if f.Optional && f.Name != "..." {
		return f.Name + "?"
	}
	return f.Name
}

// overload returns another form of the function name, of which luaType is the type.
func overload(name, luaType string) string { return name + strings.TrimPrefix(luaType, "fun") }

func functionText(name string, f *annotation.Function) string {
	var b strings.Builder
	b.WriteString(signature(name, f) + "\n")
	if len(f.Overloads) <= maxOverloads {
		for _, o := range f.Overloads {
			if line := overload(name, o); line != signature(name, f) {
				b.WriteString(line + "\n")
			}
		}
	}
	writeAbout(&b, f.About)
	rows := make([][2]string, 0, len(f.Params)+len(f.Returns))
	for _, p := range f.Params {
		rows = append(rows, [2]string{mark(p), p.About})
	}
	for _, r := range f.Returns {
		name := r.Name
		if name == "" {
			name = "result"
		}
		rows = append(rows, [2]string{"-> " + name, r.About})
	}
	writeRows(&b, rows)
	return b.String()
}

// writeAbout writes a description after an empty line, if there is one.
func writeAbout(b *strings.Builder, about string) {
	if about != "" {
		b.WriteString("\n" + about + "\n")
	}
}

// writeRows writes names and their descriptions in two columns. It leaves out names without a
// description.
func writeRows(b *strings.Builder, rows [][2]string) {
	width, any := 0, false
	for _, row := range rows {
		if row[1] != "" {
			width, any = max(width, len(row[0])), true
		}
	}
	if any {
		b.WriteString("\n")
	}
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(b, "  %-*s  %s\n", width, row[0], row[1])
		}
	}
}

func valueSummary(v *annotation.Value) string {
	switch {
	case v.Call != nil:
		return signature(v.Name, v.Call)
	case v.Type != "":
		return v.Name + ": " + v.Type
	}
	return v.Name + ": " + firstSentence(v.About)
}

func valueText(v *annotation.Value) string {
	if v.Call != nil {
		return functionText(v.Name, v.Call)
	}
	var b strings.Builder
	b.WriteString(v.Name)
	if v.Type != "" {
		b.WriteString(": " + v.Type)
	}
	b.WriteString("\n")
	writeAbout(&b, v.About)
	return b.String()
}

func classText(c *annotation.Class) string {
	var b strings.Builder
	b.WriteString(c.Name)
	if len(c.Parents) > 0 {
		b.WriteString(", with the fields of " + strings.Join(c.Parents, ", "))
	}
	b.WriteString("\n")
	writeAbout(&b, c.About)
	writeFields(&b, c.Fields)
	if len(c.Methods) > 0 {
		b.WriteString("\n")
	}
	for _, m := range c.Methods {
		_, method, _ := strings.Cut(m.Name, ":")
		fmt.Fprintf(&b, "  %s\n", signature(":"+method, m))
	}
	return b.String()
}

// writeFields writes the fields of a class: their names, types and descriptions.
func writeFields(b *strings.Builder, fields []annotation.Field) {
	rows := make([][2]string, len(fields))
	for i, f := range fields {
		rows[i] = [2]string{mark(f), strings.TrimSpace(f.Type + "  " + f.About)}
	}
	writeRows(b, rows)
}

func eventSummary(name string, c *annotation.Class) string {
	return fmt.Sprintf("on(%q, fn): %s", name, firstSentence(c.About))
}

func eventText(name string, c *annotation.Class) string {
	var b strings.Builder
	fmt.Fprintf(&b, "on(%q, function(e) ... end)\n", name)
	writeAbout(&b, c.About)
	fields := make([]annotation.Field, len(c.Fields))
	for i, f := range c.Fields {
		f.Name = "e." + f.Name
		fields[i] = f
	}
	writeFields(&b, fields)
	b.WriteString("\nmoonlark help lua on describes how a script receives events.\n")
	return b.String()
}
