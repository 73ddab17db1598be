package reference

import (
	"slices"
	"strings"

	"moonlark/luastd/annotation"
)

// methodNames returns the names under which a method can be found: with the variable that the
// declarations use, with the class, and with the word that the manual uses in its headings.
func (m *module) methodNames(f *annotation.Function) []string {
	_, method, _ := strings.Cut(f.Name, ":")
	names := []string{f.Name}
	for _, word := range []string{strings.ToLower(f.Class.Local), f.Class.Name} {
		if name := word + ":" + method; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, s := range m.sections {
		for _, name := range s.names {
			word, ok := strings.CutSuffix(name, ":"+method)
			if ok && !slices.Contains(names, name) && (m.methods(method) == 1 || isHandle(word, f.Class)) {
				names = append(names, name)
			}
		}
	}
	return names
}

// handleNames returns the words that the manual uses for values of a class with methods.
func (m *module) handleNames(c *annotation.Class) (names []string) {
	if c.Local == "" {
		return nil
	}
	names = []string{strings.ToLower(c.Local)}
	for _, s := range m.sections {
		if isHandle(s.title, c) && !slices.Contains(names, s.title) {
			names = append(names, s.title)
		}
	}
	return names
}

// isHandle reports whether a manual that writes word:method can mean a method of the class.
func isHandle(word string, c *annotation.Class) bool {
	return len(word) > 2 && strings.Contains(strings.ToLower(c.Local), strings.ToLower(word))
}

// methods returns how many classes of the module have a method of this name.
func (m *module) methods(name string) (n int) {
	for _, c := range m.declared.Classes {
		for _, f := range c.Methods {
			if strings.HasSuffix(f.Name, ":"+name) {
				n++
			}
		}
	}
	return n
}
