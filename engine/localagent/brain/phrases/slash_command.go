package phrases

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/guess"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/tool"
)

// slashCommand returns the plan for a sentence that begins with a slash. command is the sentence
// without the slash: the name of a tool, and after it the arguments as a JSON object, or nothing.
func slashCommand(command string, tools []*tool.Spec) plan {
	end := strings.IndexAny(command, " \t\r\n{")
	if end < 0 {
		end = len(command)
	}
	name, args := command[:end], bytes.TrimSpace([]byte(command[end:]))
	i := slices.IndexFunc(tools, func(s *tool.Spec) bool { return s.Name == name })
	switch {
	case i < 0 && (name == "tools" || name == "help" || name == ""):
		return plan{say: help(tools)}
	case i < 0:
		return plan{say: unknownTool(name, tools)}
	case len(args) == 0:
		args = []byte("{}")
	}
	spec := tools[i]
	var object map[string]json.RawMessage
	if err := json.Unmarshal(args, &object); err != nil || object == nil {
		return plan{say: fmt.Sprintf("What follows /%s is not a JSON object (%s). For example: %s", name, jsonMistake(err), commandExample(spec))}
	}
	if err := spec.CheckArguments(args); err != nil {
		return plan{say: fmt.Sprintf("%s cannot be called like that: %s. For example: %s", name, err, commandExample(spec))}
	}
	return plan{calls: []brain.Call{{Tool: spec, Arguments: args}}}
}

// jsonMistake says what is wrong with arguments that are not a JSON object. err is the error of
// json.Unmarshal; nil means that the arguments are null.
func jsonMistake(err error) string {
	if err == nil {
		return "it is null"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// unknownTool returns the reply to a command for a tool that does not exist.
func unknownTool(name string, tools []*tool.Spec) string {
	say := fmt.Sprintf("There is no tool called %q.", name)
	if similar := similarTool(name, tools); similar != "" {
		return say + fmt.Sprintf(" Did you mean /%s?", similar)
	}
	if len(tools) == 0 {
		return say + " " + noTools
	}
	return say + " Say /tools for a list."
}

// similarTool returns the name of the tool that is most similar to the misspelt name, or "" if no
// tool has a similar name.
func similarTool(name string, tools []*tool.Spec) string {
	if len(name) > 64 { // no tool has such a long name
		return ""
	}
	var names []string
	for _, s := range tools {
		names = append(names, s.Name)
	}
	return guess.Nearest(name, names)
}
