package doctor

import (
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/guess"
	"moonlark/engine/rest"
	"moonlark/engine/tool"
)

// A comparison compares the parameters that a script declares for a tool with the parameters that
// the agent has for the tool. Differences matter because a call whose arguments do not fit the
// script's parameters is refused, and the script's handler does not run.
type comparison struct {
	spec   *tool.Spec
	report func(level Level, text, fix string)
}

const inSettings = " in the tool's settings"

// object compares the properties of one object: want is the script's schema, and have is the
// agent's schema, or nil if the agent's tool has no parameters. prefix comes before the names of
// the properties in reports, for example "address.".
func (c comparison) object(prefix string, want *tool.Schema, have *rest.Schema) {
	known := map[string]*rest.Schema{} // the agent's properties, by name
	var required []string
	if have != nil {
		required = have.Required
		for name, p := range have.Properties {
			if p != nil && !p.Omitted {
				known[name] = p
			}
		}
	}
	var extra []string // the agent's properties that the script does not declare
	for _, name := range sortedKeys(known) {
		if want.Property(name) == nil {
			extra = append(extra, name)
		}
	}
	for _, p := range want.Properties {
		isRequired := slices.Contains(want.Required, p.Name)
		theirs := known[p.Name]
		if theirs == nil {
			if meant := c.missing(prefix, p.Name, isRequired, extra); meant != "" {
				extra = slices.DeleteFunc(extra, func(name string) bool { return name == meant })
			}
			continue
		}
		if isRequired && !theirs.Fixed && (!slices.Contains(required, p.Name) || theirs.Nullable()) {
			c.report(Warning, fmt.Sprintf("the agent may leave out %s%s, which the script requires", prefix, p.Name), "make it required"+inSettings+", or optional in "+c.spec.Source)
		}
		c.value(prefix+p.Name, p.Schema, theirs)
	}
	for _, name := range extra {
		c.report(Warning, fmt.Sprintf("the agent sends %s%s, which the script does not declare", prefix, name), "declare it in "+c.spec.Source+", or remove it"+inSettings)
	}
}

// missing reports that the agent's tool lacks the property name, which the script declares. extra
// are the agent's properties that the script does not declare. missing returns the property in
// extra whose name is most similar, because one of the names is probably misspelt. It returns "" if
// none is similar.
func (c comparison) missing(prefix, name string, isRequired bool, extra []string) string {
	level, text := Warning, "the agent's tool has no parameter "+prefix+name
	if isRequired {
		level, text = Error, text+", which the script requires: every call is refused"
	}
	meant := guess.Nearest(name, extra)
	if meant == "" {
		c.report(level, text, "add it"+inSettings)
		return ""
	}
	c.report(level, text, "rename it to "+quote(meant)+" in "+c.spec.Source+", or rename "+quote(meant)+" to "+quote(name)+inSettings)
	return meant
}

// value compares the script's schema of one value (want) with the agent's schema (have). path names
// the value in reports.
func (c comparison) value(path string, want *tool.Schema, have *rest.Schema) {
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
		c.report(Warning, "the agent may send a fraction for "+path+", but the script wants an integer", "make it an integer"+inSettings)
	default:
		c.report(Error, fmt.Sprintf("%s is %s for the agent, but %s for the script", path, withArticle(theirs), withArticle(want.Type)), "make it "+withArticle(want.Type)+inSettings)
		return
	}
	switch want.Type {
	case "string":
		if !have.Fixed {
			c.enum(path, want.Enum, have.Enum)
		}
	case "array":
		if want.Items != nil && have.Items != nil {
			c.value(path+"[]", want.Items, have.Items)
		}
	case "object":
		if want.Properties != nil && !have.Fixed {
			c.object(path+".", want, have)
		}
	}
}

// enum compares the texts that the script accepts (want) with the texts that the agent may send
// (have). An empty list means any text. path names the parameter in reports.
func (c comparison) enum(path string, want, have []string) {
	if len(want) == 0 {
		return
	}
	if len(have) == 0 {
		c.report(Warning, "the agent may send any "+path+", but the script accepts only "+strings.Join(want, ", "), "add these as the enum"+inSettings)
		return
	}
	if refused := without(have, want); len(refused) > 0 {
		c.report(Error, fmt.Sprintf("the agent may send %s for %s, which the script refuses", strings.Join(refused, ", "), path), "add it to the enum in "+c.spec.Source+", or remove it"+inSettings)
	}
	if unused := without(want, have); len(unused) > 0 {
		c.report(Warning, fmt.Sprintf("the agent never sends %s for %s", strings.Join(unused, ", "), path), "add it to the enum"+inSettings)
	}
}

// without returns the elements of all that are not elements of some.
func without(all, some []string) []string {
	var left []string
	for _, v := range all {
		if !slices.Contains(some, v) {
			left = append(left, v)
		}
	}
	return left
}

// withArticle returns the name of a JSON type after "a" or "an", such as "an object".
func withArticle(kind string) string {
	if strings.ContainsAny(kind[:1], "aeiou") {
		return "an " + kind
	}
	return "a " + kind
}
