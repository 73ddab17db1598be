package phrases

import (
	"encoding/json"
	"slices"

	"moonlark/engine/localagent/brain"
	"moonlark/engine/tool"
)

// An intent is a tool that the user seems to mean, with the arguments found so far.
type intent struct {
	tool      *tool.Spec
	args      map[string]json.RawMessage
	phrase    *phrase // the phrase that matched; nil if the tool was found by its name
	freeWords int     // number of words in slots that accept any words
}

// missing returns the name of the first required parameter that has no value yet, or "".
func (in *intent) missing() string {
	if in.tool.Parameters == nil {
		return ""
	}
	for _, name := range in.tool.Parameters.Required {
		if v, ok := in.args[name]; !ok || string(v) == "null" {
			return name
		}
	}
	return ""
}

// call returns the tool call that the intent stands for. The error says which required parameter is
// missing, or which argument the schema of the tool does not accept.
func (in *intent) call() (brain.Call, error) {
	args, err := json.Marshal(in.args)
	if err != nil {
		return brain.Call{}, err
	}
	return brain.Call{Tool: in.tool, Arguments: args}, in.tool.CheckArguments(args)
}

// fillArguments searches the piece for a value of each parameter that has no value yet. It tries
// the required parameters first. used tells for each word of the piece whether the word is part of
// a value already. fillArguments does not search for free text, because any word would be a value,
// nor for optional booleans, because words such as "on" and "no" are in many sentences.
func (in *intent) fillArguments(p piece, used []bool) {
	if in.tool.Parameters == nil {
		return
	}
	for _, required := range []bool{true, false} {
		for _, property := range in.tool.Parameters.Properties {
			_, found := in.args[property.Name]
			if found || slices.Contains(in.tool.Parameters.Required, property.Name) != required ||
				isFreeText(property.Schema) || !required && property.Type == "boolean" {
				continue
			}
			if v, ok := searchValue(property.Name, property.Schema, p, used); ok {
				in.args[property.Name] = v
			}
		}
	}
}

// searchValue returns the first value of the schema s among the words that are not used, and marks
// the words of the value as used. If several values begin at the same word, it returns the longest.
// It returns false if there is no value. name is the name of the parameter.
func searchValue(name string, s *tool.Schema, p piece, used []bool) (json.RawMessage, bool) {
	for w := range p.words {
		for n := maxValueWords(s, len(p.words)-w); n > 0; n-- {
			if slices.Contains(used[w:w+n], true) {
				continue
			}
			v, ok := parseValue(name, s, p.sub(w, w+n))
			if !ok {
				continue
			}
			for k := w; k < w+n; k++ {
				used[k] = true
			}
			return v, true
		}
	}
	return nil, false
}
