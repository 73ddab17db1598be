package localagent

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"moonlark/engine/tool"
)

// A question is a call that lacks one argument.
type question struct {
	intent *intent
	param  string
}

// again is the intent of the question with the tool as it is now, since the
// script may have been replaced in between; nil when the tool is gone.
func (q *question) again(specs []*tool.Spec) *intent {
	if q == nil {
		return nil
	}
	i := slices.IndexFunc(specs, func(s *tool.Spec) bool { return s.Name == q.intent.spec.Name })
	if i < 0 {
		return nil
	}
	return &intent{spec: specs[i], args: maps.Clone(q.intent.args)}
}

// answer is the intent with the whole of p as the argument that was asked for;
// nil when p is no such value, or when there was no question.
func (q *question) answer(p piece, specs []*tool.Spec) *intent {
	in := q.again(specs)
	if in == nil {
		return nil
	}
	for _, cut := range append(p.cuts(), p) {
		if v, ok := value(q.param, parameter(in.spec, q.param), cut); ok {
			in.args[q.param] = v
			return in
		}
	}
	return nil
}

// overhear is the intent with what can be found anywhere in p: "the one in the
// hall". It is nil when that is not the argument that was asked for.
func (q *question) overhear(p piece, specs []*tool.Spec) *intent {
	in := q.again(specs)
	if in == nil {
		return nil
	}
	s := parameter(in.spec, q.param)
	if free(s) {
		return nil
	}
	used := make([]bool, len(p.words))
	v, ok := anywhere(q.param, s, p, used)
	if !ok {
		return nil
	}
	in.args[q.param] = v
	in.fill(p, used)
	return in
}

// String is the question as it is asked: "Which room: kitchen or hall?"
func (q *question) String() string {
	s, name := parameter(q.intent.spec, q.param), spoken(q.param)
	switch {
	case s == nil:
	case len(s.Enum) > 0 && s.Type == "string":
		return fmt.Sprintf("Which %s: %s?", name, alternatives(s.Enum))
	case s.Type == "boolean":
		return fmt.Sprintf("%s: yes or no?", name)
	case s.Type == "integer":
		return fmt.Sprintf("Which %s? I need a whole number%s.", name, aside(s))
	case s.Type == "number":
		return fmt.Sprintf("Which %s? I need a number%s.", name, aside(s))
	case s.Description != "":
		return fmt.Sprintf("Which %s%s?", name, aside(s))
	}
	return fmt.Sprintf("Which %s?", name)
}

// aside is the description of a parameter, in brackets.
func aside(s *tool.Schema) string {
	if s.Description == "" {
		return ""
	}
	return " (" + strings.TrimRight(s.Description, ". ") + ")"
}
