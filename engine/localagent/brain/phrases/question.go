package phrases

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"moonlark/engine/tool"
)

// A question asks the user for one missing argument of a tool call.
type question struct {
	intent    *intent
	parameter string
}

// currentIntent returns a copy of the question's intent with the current version of the tool,
// because the script may have been reloaded since the question. It returns nil if the tool does not
// exist any more, or if q is nil.
func (q *question) currentIntent(tools []*tool.Spec) *intent {
	if q == nil {
		return nil
	}
	i := slices.IndexFunc(tools, func(s *tool.Spec) bool { return s.Name == q.intent.tool.Name })
	if i < 0 {
		return nil
	}
	return &intent{tool: tools[i], args: maps.Clone(q.intent.args)}
}

// answer returns the question's intent with the piece as the missing argument. Filler words at both
// ends of the piece are ignored. answer returns nil if the piece is not a value of the missing
// parameter, or if q is nil.
func (q *question) answer(p piece, tools []*tool.Spec) *intent {
	in := q.currentIntent(tools)
	if in == nil {
		return nil
	}
	for _, cut := range append(p.fillerCuts(), p) {
		if v, ok := parseValue(q.parameter, schemaOf(in.tool, q.parameter), cut); ok {
			in.args[q.parameter] = v
			return in
		}
	}
	return nil
}

// answerWithin returns the question's intent with the arguments that it finds anywhere in the
// piece: for example "hall" in "the one in the hall". It returns nil if the piece does not contain
// the missing argument, if the missing argument is free text, or if q is nil.
func (q *question) answerWithin(p piece, tools []*tool.Spec) *intent {
	in := q.currentIntent(tools)
	if in == nil {
		return nil
	}
	s := schemaOf(in.tool, q.parameter)
	if isFreeText(s) {
		return nil
	}
	used := make([]bool, len(p.words))
	v, ok := searchValue(q.parameter, s, p, used)
	if !ok {
		return nil
	}
	in.args[q.parameter] = v
	in.fillArguments(p, used)
	return in
}

// String returns the question as the agent asks it, for example "Which room: kitchen or hall?".
func (q *question) String() string {
	s, name := schemaOf(q.intent.tool, q.parameter), spokenName(q.parameter)
	switch {
	case s == nil:
	case len(s.Enum) > 0 && s.Type == "string":
		return fmt.Sprintf("Which %s: %s?", name, joinOr(s.Enum))
	case s.Type == "boolean":
		return fmt.Sprintf("%s: yes or no?", name)
	case s.Type == "integer":
		return fmt.Sprintf("Which %s? I need a whole number%s.", name, inBrackets(s.Description))
	case s.Type == "number":
		return fmt.Sprintf("Which %s? I need a number%s.", name, inBrackets(s.Description))
	case s.Description != "":
		return fmt.Sprintf("Which %s%s?", name, inBrackets(s.Description))
	}
	return fmt.Sprintf("Which %s?", name)
}

// inBrackets returns the description in brackets, with a space before them. It returns "" for an
// empty description.
func inBrackets(description string) string {
	if description == "" {
		return ""
	}
	return " (" + strings.TrimRight(description, ". ") + ")"
}
