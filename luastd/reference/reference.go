// Package reference finds what the manual and the declarations for editors say about a name that a
// script can use: a module, a function, a method, a field, a type or an event. The command help and the
// command repl show it.
package reference

import (
	"cmp"
	"slices"
	"strings"

	"moonlark/luastd"
	"moonlark/luastd/annotation"
)

// A Reference describes the names of some modules. It is not changed after New.
type Reference struct {
	entries map[string][]entry // by name
	methods map[string][]entry // of all handles, by the name without that of the handle
}

// A module is a module with its declarations and its manual, which have been read.
type module struct {
	luastd.Module
	declared *annotation.Declarations
	sections []section // of the manual
}

// An entry is what one module says about a name.
type entry struct {
	summary string // one line, such as a function with its parameters
	text    string // the whole entry
	event   bool
}

// New returns the descriptions of all names of the modules.
func New(modules []luastd.Module) *Reference {
	r := &Reference{entries: make(map[string][]entry), methods: make(map[string][]entry)}
	for _, luaModule := range modules {
		m := &module{Module: luaModule, declared: annotation.Parse(luaModule.Name, luaModule.Doc), sections: split(luaModule.Manual)}
		r.add(m)
		if m.Name == "base" {
			r.addLua(m)
		}
	}
	for _, entries := range r.entries {
		slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(order(a), order(b)) })
	}
	return r
}

// order returns the number by which the entries of a name are sorted: events are last.
func order(e entry) int {
	if e.event {
		return 1
	}
	return 0
}

// Entry returns everything that is known about a name, as text for people: modules and functions, then
// events. It returns "" if the name is not known.
func (r *Reference) Entry(name string) string {
	var texts []string
	for _, e := range r.find(name) {
		texts = append(texts, e.text)
	}
	return strings.Join(texts, "\n")
}

// Summary returns one line about a name, such as a function with its parameters and results. It returns
// "" if the name is not known.
func (r *Reference) Summary(name string) string {
	for _, e := range r.find(name) {
		return e.summary
	}
	return ""
}

// find returns the entries of a name. A method can also be given with a dot. If nothing is called
// handle:method, find returns the methods of that name of all handles.
func (r *Reference) find(name string) (found []entry) {
	if found = r.entries[name]; found != nil {
		return found
	}
	if i := strings.LastIndex(name, "."); i >= 0 {
		if found = r.entries[name[:i]+":"+name[i+1:]]; found != nil {
			return found
		}
	}
	if handle, method, ok := strings.Cut(name, ":"); ok && handle != "" {
		found = r.methods[method]
	}
	return found
}

// Names returns all names that have an entry, sorted.
func (r *Reference) Names() []string {
	names := make([]string, 0, len(r.entries))
	for name := range r.entries {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (r *Reference) put(name, summary, text string) {
	r.entries[name] = append(r.entries[name], entry{summary: summary, text: text})
}

// add adds the entries of a module. The entry of the name of a module is its manual.
func (r *Reference) add(m *module) {
	if m.Manual != "" {
		r.put(m.Name, m.Name+": "+firstSentence(m.introduction()), withoutComments(m.Manual))
	}
	for _, f := range m.declared.Functions {
		r.addFunction(m, f)
	}
	for _, v := range m.declared.Values {
		if v.Name != m.Name || m.Manual == "" {
			r.put(v.Name, valueSummary(v), valueText(v)+m.section(v.Name))
		}
	}
	for _, c := range m.declared.Classes {
		r.addClass(m, c)
	}
	for _, a := range m.declared.Aliases {
		r.put(a.Name, a.Name+" = "+a.Type, a.Name+" = "+a.Type+"\n")
	}
}

func (r *Reference) addFunction(m *module, f *annotation.Function) {
	names, section := []string{f.Name}, m.section(f.Name)
	if f.Class != nil {
		names, section = m.methodNames(f), m.methodSection(f)
	}
	for _, name := range names {
		r.put(name, signature(name, f), functionText(name, f)+section)
	}
	if _, method, ok := strings.Cut(f.Name, ":"); ok {
		r.methods[method] = append(r.methods[method], entry{summary: signature(f.Name, f), text: functionText(f.Name, f) + section})
	}
}

// addClass adds the entry of an event, or of a type and of the words for its values.
func (r *Reference) addClass(m *module, c *annotation.Class) {
	if event, ok := strings.CutPrefix(c.Name, eventPrefix); ok {
		r.entries[event] = append(r.entries[event], entry{summary: eventSummary(event, c), text: eventText(event, c), event: true})
		return
	}
	r.put(c.Name, c.Name+": "+firstSentence(c.About), classText(c))
	for _, handle := range m.handleNames(c) {
		if r.entries[handle] == nil {
			r.put(handle, handle+": "+firstSentence(c.About), classText(c)+m.section(handle))
		}
	}
}
