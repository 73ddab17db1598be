package phrases

import (
	"fmt"
	"strings"

	"moonlark/engine/tool"
)

const noTools = "I have no tools yet. Add one with register_tool in your script, and I can use it at once."

// notUnderstood returns the reply to a sentence that the brain did not understand.
func notUnderstood(tools []*tool.Spec) string {
	if len(tools) == 0 {
		return noTools
	}
	return "I did not understand that. " + suggest(tools, 6)
}

// suggest returns a text that suggests a sentence for each of the first max tools.
func suggest(tools []*tool.Spec, max int) string {
	if len(tools) == 0 {
		return noTools
	}
	var say []string
	for _, s := range tools[:min(max, len(tools))] {
		say = append(say, quote(example(s)))
	}
	text := "Try " + joinOr(say)
	if len(tools) > max {
		return text + fmt.Sprintf(", or \"help\" for all %d tools.", len(tools))
	}
	return text + "."
}

// offer returns the reply to a sentence that may mean any of the tools.
func offer(tools []*tool.Spec) string {
	const max = 4
	var names, say []string
	for _, s := range tools[:min(max, len(tools))] {
		names = append(names, s.Name)
		say = append(say, quote(example(s)))
	}
	return fmt.Sprintf("Do you mean %s? Say %s.", joinOr(names), joinOr(say))
}

// help returns a text that describes every tool on a line of its own.
func help(tools []*tool.Spec) string {
	if len(tools) == 0 {
		return noTools
	}
	var b strings.Builder
	b.WriteString("This is what I can do:")
	for _, s := range tools {
		fmt.Fprintf(&b, "\n- %s", s.Name)
		if s.Description != "" {
			fmt.Fprintf(&b, ": %s", strings.TrimRight(s.Description, ". \n"))
		}
		fmt.Fprintf(&b, ". Say %s.", quote(example(s)))
	}
	fmt.Fprintf(&b, "\nOr call a tool exactly, as in %s", commandExample(tools[0]))
	return b.String()
}

// cannotBeSaid returns the reply to a sentence that means a tool with an argument that no sentence
// can express.
func cannotBeSaid(spec *tool.Spec, err error) string {
	return fmt.Sprintf("%s cannot be called from a sentence: %s. Call it exactly, as in %s", spec.Name, err, commandExample(spec))
}

// spokenName returns a name as people would say it: "outside_temp" becomes "outside temp".
func spokenName(name string) string { return strings.ReplaceAll(name, "_", " ") }

func quote(s string) string { return `"` + s + `"` }

// joinOr joins a list with commas and "or": "a", "b" and "c" become "a, b or c".
func joinOr(list []string) string { return joinList(list, " or ") }

// joinList joins a list with commas, and puts lastSeparator before the last element.
func joinList(list []string, lastSeparator string) string {
	if n := len(list) - 1; n > 0 {
		return strings.Join(list[:n], ", ") + lastSeparator + list[n]
	}
	return strings.Join(list, "")
}
