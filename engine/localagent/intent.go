package localagent

import (
	"encoding/json"
	"slices"

	"moonlark/engine/tool"
)

// An intent is a tool the user seems to mean, with the arguments heard so far.
type intent struct {
	spec   *tool.Spec
	args   map[string]json.RawMessage
	phrase *phrase // nil when the tool was found by its name or description
	loose  int     // words that went into free strings: the fewer the surer
}

// missing is the first required parameter without a value; "" when the call
// can be made.
func (in *intent) missing() string {
	if in.spec.Parameters == nil {
		return ""
	}
	for _, name := range in.spec.Parameters.Required {
		if v, ok := in.args[name]; !ok || string(v) == "null" {
			return name
		}
	}
	return ""
}

// call is the call the intent asks for. It fails only when a parameter is
// missing, or has a shape that no sentence can give.
func (in *intent) call() (call, error) {
	args, err := json.Marshal(in.args)
	if err != nil {
		return call{}, err
	}
	return call{in.spec, args}, in.spec.CheckArguments(args)
}

// fill gives each parameter that has no value yet the first one of its type
// among the words not used: the required ones first. A free string would take
// any word, and a boolean that nobody asked for is too easily overheard: those
// are left alone.
func (in *intent) fill(p piece, used []bool) {
	if in.spec.Parameters == nil {
		return
	}
	for _, required := range []bool{true, false} {
		for _, prop := range in.spec.Parameters.Properties {
			_, have := in.args[prop.Name]
			if have || slices.Contains(in.spec.Parameters.Required, prop.Name) != required ||
				free(prop.Schema) || !required && prop.Type == "boolean" {
				continue
			}
			if v, ok := anywhere(prop.Name, prop.Schema, p, used); ok {
				in.args[prop.Name] = v
			}
		}
	}
}

// anywhere is the first value of the schema among the words not used, the
// widest at its place. It marks its words as used.
func anywhere(name string, s *tool.Schema, p piece, used []bool) (json.RawMessage, bool) {
	for w := range p.words {
		for n := widest(s, len(p.words)-w); n > 0; n-- {
			if slices.Contains(used[w:w+n], true) {
				continue
			}
			v, ok := value(name, s, p.sub(w, w+n))
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
