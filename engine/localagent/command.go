package localagent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/guess"
	"moonlark/engine/tool"
)

// command reads what follows the slash: a tool's name and, if it likes, its
// arguments as JSON.
func command(line string, specs []*tool.Spec) plan {
	at := strings.IndexAny(line, " \t\r\n{")
	if at < 0 {
		at = len(line)
	}
	name, rest := line[:at], bytes.TrimSpace([]byte(line[at:]))
	i := slices.IndexFunc(specs, func(s *tool.Spec) bool { return s.Name == name })
	switch {
	case i < 0 && (name == "tools" || name == "help" || name == ""):
		return plan{say: help(specs)}
	case i < 0:
		return plan{say: unknown(name, specs)}
	case len(rest) == 0:
		rest = []byte("{}")
	}
	spec := specs[i]
	var probe map[string]json.RawMessage
	if err := json.Unmarshal(rest, &probe); err != nil || probe == nil {
		return plan{say: fmt.Sprintf("What follows /%s is not a JSON object (%s). For example: %s", name, reason(err), commandExample(spec))}
	}
	if err := spec.CheckArguments(rest); err != nil {
		return plan{say: fmt.Sprintf("%s cannot be called like that: %s. For example: %s", name, err, commandExample(spec))}
	}
	return plan{calls: []call{{spec, rest}}}
}

func reason(err error) string {
	if err == nil {
		return "it is null"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// unknown is the answer to a command for a tool that there is not.
func unknown(name string, specs []*tool.Spec) string {
	say := fmt.Sprintf("There is no tool called %q.", name)
	if like := nearest(name, specs); like != "" {
		return say + fmt.Sprintf(" Did you mean /%s?", like)
	}
	if len(specs) == 0 {
		return say + " " + noTools
	}
	return say + " Say /tools for those there are."
}

// nearest is the tool whose name is like name, "" when none is.
func nearest(name string, specs []*tool.Spec) string {
	if len(name) > 64 { // no tool's name is that long
		return ""
	}
	var names []string
	for _, s := range specs {
		names = append(names, s.Name)
	}
	return guess.Nearest(name, names)
}
