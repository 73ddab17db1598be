package doctor

import (
	"regexp"
	"slices"
	"strings"

	"moonlark/engine/rest"
)

// variablePattern matches the use of a dynamic variable in a text, such as {{name}}.
var variablePattern = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)

// checkVariables reports the dynamic variables that have no value. The server ends a conversation
// if the first message or a tool needs a variable that has no value.
func (c *checker) checkVariables(a *rest.Agent, tools []*rest.Tool) {
	const group, subject, fix = "agent", "variables", "set it with --var or in agent{}, or give it a placeholder in the agent's settings"
	reported := map[string]bool{}
	check := func(level Level, where, name, consequence string, more rest.Variables) {
		_, isSet := c.Settings.DynamicVariables[name]
		_, hasPlaceholder := a.Conversation.Agent.DynamicVariables.Placeholders[name]
		_, hasOther := more.Placeholders[name]
		if isSet || hasPlaceholder || hasOther || reported[name] || strings.HasPrefix(name, "system__") {
			return
		}
		reported[name] = true
		c.report(Finding{level, group, subject, where + " needs " + name + ", which has no value" + consequence, fix})
	}
	firstMessage, prompt := a.Conversation.Agent.FirstMessage, a.Conversation.Agent.Prompt.Prompt
	if override := c.Settings.FirstMessage; override != nil {
		firstMessage = *override
	}
	if override := c.Settings.Prompt; override != nil {
		prompt = *override
	}
	const ends = ": the server ends the conversation"
	for _, match := range variablePattern.FindAllStringSubmatch(firstMessage, -1) {
		check(Error, "the first message", match[1], ends, rest.Variables{})
	}
	for _, t := range tools {
		for _, name := range variablesOf(t.Parameters) {
			check(Error, "the tool "+t.Name, name, ends, t.Variables)
		}
	}
	for _, match := range variablePattern.FindAllStringSubmatch(prompt, -1) {
		check(Warning, "the prompt", match[1], "", rest.Variables{})
	}
}

// variablesOf returns the names of the dynamic variables whose values the parameters in the schema
// s get, sorted.
func variablesOf(s *rest.Schema) []string {
	if s == nil {
		return nil
	}
	var names []string
	if s.Variable != "" {
		names = append(names, s.Variable)
	}
	names = append(names, variablesOf(s.Items)...)
	for _, p := range s.Properties {
		names = append(names, variablesOf(p)...)
	}
	slices.Sort(names)
	return names
}
