package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"moonlark/engine/agentsettings"
)

// agentFlags change settings of the agent, such as its first message.
type agentFlags struct {
	Environment string            `placeholder:"NAME" help:"Environment of the agent."`
	Branch      string            `placeholder:"ID" help:"Branch of the agent."`
	UserID      string            `name:"user-id" placeholder:"ID" help:"Id of the user, for the agent's records."`
	Set         map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Override a setting of the agent, such as first_message or voice_id. Repeat the flag for more."`
	Var         map[string]string `mapsep:"none" placeholder:"NAME=VALUE" help:"Set a dynamic variable of the agent. Repeat the flag for more."`
}

// settings returns the settings that the flags change. The error names the wrong setting.
func (f agentFlags) settings() (agentsettings.Settings, error) {
	settings := make(map[string]any)
	for name, value := range f.Set {
		switch literal := quotedText(value); {
		case !agentsettings.IsText(name) && json.Valid([]byte(value)):
			settings[name] = json.RawMessage(value)
		case agentsettings.IsText(name) && literal != nil:
			settings[name] = *literal
		default:
			settings[name] = value
		}
	}
	if len(f.Var) > 0 {
		vars := make(map[string]any)
		if inSet, ok := settings["dynamic_variables"].(json.RawMessage); ok {
			var all map[string]json.RawMessage
			if json.Unmarshal(inSet, &all) == nil {
				for name, value := range all {
					vars[name] = value
				}
			}
		}
		for name, value := range f.Var {
			vars[name] = variable(value)
		}
		settings["dynamic_variables"] = vars
	}
	for name, value := range map[string]string{"environment": f.Environment, "branch_id": f.Branch, "user_id": f.UserID} {
		if value = clean(value); value != "" {
			settings[name] = value
		}
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return agentsettings.Settings{}, err
	}
	parsed, err := agentsettings.Parse(text)
	if err != nil {
		return agentsettings.Settings{}, fmt.Errorf("--set: %w", err)
	}
	return parsed, nil
}

// variable returns the value of a dynamic variable that --var gives as text. It is a number or a
// boolean only if the agent would show it exactly as text: 1.10, 1e3 and numbers of more than 15
// digits are strings. It is a list if text is a JSON list, and the string in quotes if text is a JSON
// string. Otherwise it is text itself.
func variable(text string) any {
	literal := quotedText(text)
	switch {
	case literal != nil:
		return *literal
	case text == "true" || text == "false" || isExactNumber(text):
		return json.RawMessage(text)
	case (strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{")) && json.Valid([]byte(text)):
		return json.RawMessage(text) // an object is not valid, which agentsettings.Parse reports
	}
	return text
}

// quotedText returns the text in a JSON string, or nil if value is not a JSON string.
func quotedText(value string) *string {
	var text string
	if !strings.HasPrefix(value, `"`) || json.Unmarshal([]byte(value), &text) != nil {
		return nil
	}
	return &text
}

// isExactNumber reports whether text is a number in the form in which programs write the number.
func isExactNumber(text string) bool {
	x, err := strconv.ParseFloat(text, 64)
	return err == nil && json.Valid([]byte(text)) && math.Abs(x) < 1e15 && strconv.FormatFloat(x, 'f', -1, 64) == text
}
