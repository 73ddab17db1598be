package doctor

import (
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/guess"
	"moonlark/engine/rest"
	"moonlark/engine/tool"
)

// A comparison goes through the parameters of one tool, as its script declares
// them and as the agent knows them. What fits one but not the other is refused
// by the script before its handler sees it.
type comparison struct {
	spec   *tool.Spec
	report func(level Level, text, mend string)
}

const inSettings = " in the tool's settings"

// object compares objects. at is what their properties' names begin with; have
// is nil when the agent knows of none.
func (c comparison) object(at string, want *tool.Schema, have *rest.Schema) {
	known := map[string]*rest.Schema{}
	var required []string
	if have != nil {
		required = have.Required
		for name, p := range have.Properties {
			if p != nil && !p.Omitted {
				known[name] = p
			}
		}
	}
	var extra []string // that the script does not declare
	for _, name := range sortedKeys(known) {
		if want.Property(name) == nil {
			extra = append(extra, name)
		}
	}
	for _, p := range want.Properties {
		needed := slices.Contains(want.Required, p.Name)
		theirs := known[p.Name]
		if theirs == nil {
			if near := c.missing(at, p.Name, needed, extra); near != "" {
				extra = slices.DeleteFunc(extra, func(name string) bool { return name == near })
			}
			continue
		}
		if needed && !theirs.Fixed && (!slices.Contains(required, p.Name) || theirs.Nullable()) {
			c.report(Warning, fmt.Sprintf("the agent may leave out %s%s, which the script requires", at, p.Name), "make it required"+inSettings+", or not in "+c.spec.Source)
		}
		c.value(at+p.Name, p.Schema, theirs)
	}
	for _, name := range extra {
		c.report(Warning, fmt.Sprintf("the agent sends %s%s, which the script does not declare", at, name), "declare it in "+c.spec.Source+", or take it out"+inSettings)
	}
}

// missing reports a property that the agent does not know of. It returns the
// one of the others that was probably meant.
func (c comparison) missing(at, name string, needed bool, others []string) string {
	level, text := Warning, "the agent does not know of "+at+name
	if needed {
		level, text = Error, "the agent does not know of "+at+name+", which the script requires: every call is refused"
	}
	near := guess.Nearest(name, others)
	if near == "" {
		c.report(level, text, "add it"+inSettings)
		return ""
	}
	c.report(level, text, "call it "+quote(near)+" in "+c.spec.Source+", as the agent does, or "+quote(name)+inSettings)
	return near
}

// value compares the values of one place.
func (c comparison) value(at string, want *tool.Schema, have *rest.Schema) {
	theirs := have.Type()
	switch {
	case theirs == "" && have.Properties != nil:
		theirs = "object"
	case theirs == "" && have.Items != nil:
		theirs = "array"
	}
	switch {
	case theirs == "" || theirs == want.Type:
	case want.Type == "number" && theirs == "integer":
	case want.Type == "integer" && theirs == "number":
		c.report(Warning, at+" may be a fraction for the agent, but must be whole for the script", "make it an integer"+inSettings)
	default:
		c.report(Error, fmt.Sprintf("%s is %s for the agent, %s for the script", at, article(theirs), article(want.Type)), "make it "+article(want.Type)+inSettings)
		return
	}
	switch want.Type {
	case "string":
		if !have.Fixed {
			c.enum(at, want.Enum, have.Enum)
		}
	case "array":
		if want.Items != nil && have.Items != nil {
			c.value(at+"[]", want.Items, have.Items)
		}
	case "object":
		if want.Properties != nil && !have.Fixed {
			c.object(at+".", want, have)
		}
	}
}

// enum compares the words that a string can be; none means any.
func (c comparison) enum(at string, want, have []string) {
	if len(want) == 0 {
		return
	}
	if len(have) == 0 {
		c.report(Warning, at+" can be anything for the agent, but the script knows only "+strings.Join(want, ", "), "list these as its enum"+inSettings)
		return
	}
	if refused := without(have, want); len(refused) > 0 {
		c.report(Error, fmt.Sprintf("%s can be %s for the agent, which the script refuses", at, strings.Join(refused, ", ")), "add it to the enum in "+c.spec.Source+", or take it out"+inSettings)
	}
	if unused := without(want, have); len(unused) > 0 {
		c.report(Warning, fmt.Sprintf("%s is never %s for the agent", at, strings.Join(unused, ", ")), "add it to its enum"+inSettings)
	}
}

// without is what of all is not in some.
func without(all, some []string) []string {
	var left []string
	for _, v := range all {
		if !slices.Contains(some, v) {
			left = append(left, v)
		}
	}
	return left
}

func article(kind string) string {
	if strings.ContainsAny(kind[:1], "aeiou") {
		return "an " + kind
	}
	return "a " + kind
}
