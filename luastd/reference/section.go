package reference

import (
	"slices"
	"strings"

	"moonlark/luastd/annotation"
)

// A section is a part of a manual, from a heading to the next one of the same or a higher level.
type section struct {
	title string
	names []string // what the heading names: "loadfile, dofile" has two names
	text  string   // without the heading
}

// split returns the sections of a page.
func split(page string) (sections []section) {
	type open struct{ index, level int }
	var stack []open
	fenced := false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		title := strings.TrimLeft(line, "#")
		if level := len(line) - len(title); !fenced && level > 1 && strings.HasPrefix(title, " ") {
			for len(stack) > 0 && stack[len(stack)-1].level >= level {
				stack = stack[:len(stack)-1]
			}
			for _, s := range stack {
				sections[s.index].text += line
			}
			title = strings.TrimSpace(title)
			sections = append(sections, section{title: title, names: strings.Split(title, ", ")})
			stack = append(stack, open{len(sections) - 1, level})
			continue
		} else if !fenced && level == 1 && strings.HasPrefix(title, " ") {
			stack = nil // another page
		}
		for _, s := range stack {
			sections[s.index].text += line
		}
	}
	return sections
}

// introduction returns the first paragraph of the manual.
func (m *module) introduction() string {
	_, text, _ := strings.Cut(m.Manual, "\n\n")
	text, _, _ = strings.Cut(text, "\n\n")
	return text
}

// section returns the section of the manual about one of the names, with a line that introduces it. If
// no heading has one of the names, that is the section with a line that shows how to call it, or else
// the first one that mentions it. section returns "" if there is none.
func (m *module) section(names ...string) string {
	if text := m.headed(names...); text != "" {
		return text
	}
	for _, form := range []string{"  %(", "`%(", "`%`"} {
		text := m.find(func(s section) bool {
			return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(s.text, strings.ReplaceAll(form, "%", name)) })
		})
		if text != "" {
			return text
		}
	}
	return ""
}

// methodSection returns the section about a method. The manual can call the handle by another name. If no
// heading has the method, methodSection looks for a section about the class that mentions the method, and
// then for any section that does.
func (m *module) methodSection(f *annotation.Function) string {
	_, method, _ := strings.Cut(f.Name, ":")
	headed := func(ofClass bool) func(section) bool {
		return func(s section) bool {
			return slices.ContainsFunc(s.names, func(name string) bool {
				word, ok := strings.CutSuffix(name, ":"+method)
				return ok && (!ofClass || isHandle(word, f.Class))
			})
		}
	}
	mentions := func(s section) bool {
		return strings.Contains(s.text, ":"+method+"(") || strings.Contains(s.text, ":"+method+"{") || strings.Contains(s.text, ":"+method+"`")
	}
	for _, fits := range []func(section) bool{
		headed(true),
		func(s section) bool {
			_, last, ok := strings.Cut(s.title, ".")
			return mentions(s) && (isHandle(s.title, f.Class) || ok && isHandle(last, f.Class))
		},
		headed(false),
		mentions,
	} {
		if text := m.find(fits); text != "" {
			return text
		}
	}
	return ""
}

// headed is like section, but one of the names must be in the heading.
func (m *module) headed(names ...string) string {
	return m.find(func(s section) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(s.names, name) })
	})
}

// find returns the first section that fits, with a line that introduces it, or "" if none fits.
func (m *module) find(fits func(section) bool) string {
	i := slices.IndexFunc(m.sections, fits)
	if i < 0 {
		return ""
	}
	s := m.sections[i]
	return "\nFrom the manual of " + m.Name + ", " + s.title + ":\n\n" + strings.Trim(withoutComments(s.text), "\n") + "\n"
}

// withoutComments returns a page without its comments.
func withoutComments(page string) string {
	var b strings.Builder
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "<!--") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// firstSentence returns the first sentence of a text, without its full stop.
func firstSentence(text string) string {
	sentence, _, _ := strings.Cut(strings.ReplaceAll(text, "\n", " "), ". ")
	return strings.TrimSuffix(strings.TrimSpace(sentence), ".")
}
