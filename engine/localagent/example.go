package localagent

import (
	"encoding/json"
	"slices"
	"strings"

	"moonlark/engine/tool"
)

// example is a sentence that the tool answers to: its first phrase with values
// in its slots, or the words of its name.
func example(spec *tool.Spec) string {
	if len(spec.Phrases) > 0 {
		return fromPhrase(spec, spec.Phrases[0])
	}
	say := nameWords(spec.Name)
	if spec.Parameters == nil {
		return strings.Join(say, " ")
	}
	for _, name := range spec.Parameters.Required {
		if s := spec.Parameters.Property(name); !free(s) && s.Type != "object" {
			say = append(say, sample(name, s))
		}
	}
	return strings.Join(say, " ")
}

func fromPhrase(spec *tool.Spec, text string) string {
	var b strings.Builder
	for text != "" {
		before, rest, slot := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !slot || !closed {
			b.WriteString(text)
			break
		}
		b.WriteString(before)
		if name = strings.TrimSpace(name); name != "" {
			b.WriteString(sample(name, parameter(spec, name)))
		}
		text = after
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// sample is a value as somebody would say it.
func sample(name string, s *tool.Schema) string {
	switch {
	case s == nil:
	case s.Type == "string" && len(s.Enum) > 0:
		return strings.ReplaceAll(s.Enum[0], "_", " ")
	case s.Type == "boolean":
		if _, state := states[strings.ToLower(name)]; state && name != "on" && name != "off" {
			return name
		}
		return "on"
	case s.Type == "number" || s.Type == "integer":
		return "5"
	case s.Type == "array" && s.Items != nil:
		return sample(name, s.Items)
	}
	last := nameWords(name)
	if len(last) > 0 && slices.Contains([]string{"city", "town", "place", "location"}, last[len(last)-1]) {
		return "Paris"
	}
	return "something"
}

// commandExample is a call of the tool with the arguments it must have:
// /set_light {"on":true,"room":"kitchen"}.
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

func sampleJSON(s *tool.Schema, depth int) any {
	const deepest = 8
	switch {
	case s == nil || depth > deepest:
		return "something"
	case len(s.Enum) > 0 && s.Type == "string":
		return s.Enum[0]
	}
	switch s.Type {
	case "boolean":
		return true
	case "number", "integer":
		return 5
	case "array":
		return []any{sampleJSON(s.Items, depth+1)}
	case "object":
		fields := map[string]any{}
		for _, name := range s.Required {
			fields[name] = sampleJSON(s.Property(name), depth+1)
		}
		return fields
	}
	return "something"
}
