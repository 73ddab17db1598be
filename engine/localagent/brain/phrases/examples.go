package phrases

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"moonlark/engine/tool"
)

// example returns a sentence that calls the tool. The sentence is the tool's first phrase with
// sample values in the slots. If the tool has no phrases, the sentence consists of the words of its
// name.
func example(spec *tool.Spec) string {
	if len(spec.Phrases) > 0 {
		return phraseExample(spec, spec.Phrases[0])
	}
	say := nameWords(spec.Name)
	if spec.Parameters == nil {
		return strings.Join(say, " ")
	}
	for _, name := range spec.Parameters.Required {
		if s := spec.Parameters.Property(name); !isFreeText(s) && s.Type != "object" {
			say = append(say, sampleWords(name, s))
		}
	}
	return strings.Join(say, " ")
}

func phraseExample(spec *tool.Spec, text string) string {
	var b strings.Builder
	for text != "" {
		before, rest, open := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !open || !closed {
			b.WriteString(text)
			break
		}
		b.WriteString(before)
		if name = strings.TrimSpace(name); name != "" {
			b.WriteString(sampleWords(name, schemaOf(spec, name)))
		}
		text = after
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// sampleWords returns a value of the schema s in words that a person would say. name is the name of
// the parameter.
func sampleWords(name string, s *tool.Schema) string {
	switch {
	case s == nil:
	case s.Type == "string" && len(s.Enum) > 0:
		return strings.ReplaceAll(s.Enum[0], "_", " ")
	case s.Type == "boolean":
		if _, isState := states[strings.ToLower(name)]; isState && name != "on" && name != "off" {
			return name
		}
		return "on"
	case s.Type == "number" || s.Type == "integer":
		return strconv.FormatFloat(sampleNumber(s), 'f', -1, 64)
	case s.Type == "array" && s.Items != nil:
		return sampleWords(name, s.Items)
	case s.Format != "":
		return tool.FormatExample(s.Format)
	}
	w := nameWords(name)
	if len(w) > 0 && slices.Contains([]string{"city", "town", "place", "location"}, w[len(w)-1]) {
		return "Paris"
	}
	return "something"
}

// commandExample returns a slash command that calls the tool with its required arguments, for
// example /set_light {"on":true,"room":"kitchen"}.
func commandExample(spec *tool.Spec) string {
	line := "/" + spec.Name
	if spec.Parameters == nil || len(spec.Parameters.Required) == 0 {
		return line
	}
	args, err := json.Marshal(sampleJSON(spec.Parameters, 0))
	if err != nil {
		return line
	}
	return line + " " + string(args)
}

// sampleJSON returns a value that the schema accepts and that can be marshalled to JSON. depth is
// how deep the schema s is nested in the schema of the tool.
func sampleJSON(s *tool.Schema, depth int) any {
	const maxDepth = 8
	switch {
	case s == nil || depth > maxDepth:
		return "something"
	case len(s.Enum) > 0 && s.Type == "string":
		return s.Enum[0]
	}
	switch s.Type {
	case "boolean":
		return true
	case "number", "integer":
		return sampleNumber(s)
	case "array":
		return []any{sampleJSON(s.Items, depth+1)}
	case "object":
		fields := map[string]any{}
		for _, name := range s.Required {
			fields[name] = sampleJSON(s.Property(name), depth+1)
		}
		return fields
	}
	return cmp.Or(tool.FormatExample(s.Format), "something")
}

// sampleNumber returns a number that the schema accepts.
func sampleNumber(s *tool.Schema) float64 {
	x := 5.0
	switch {
	case len(s.Numbers) > 0:
		x = s.Numbers[0]
	case s.Minimum != nil && x < *s.Minimum:
		x = *s.Minimum
	case s.Maximum != nil && x > *s.Maximum:
		x = *s.Maximum
	}
	return x
}
