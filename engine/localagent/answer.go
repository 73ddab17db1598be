package localagent

import (
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/tool"
)

const (
	noTools  = "I have no tools yet. Add one with register_tool in your script, and I can use it at once."
	farewell = "Goodbye!"
)

// A saying is something people say that has nothing to do with any tool.
type saying []string

var (
	greeting = saying{"hello", "hi", "hey", "hello there", "hi there", "good morning", "good afternoon", "good evening", "good day"}
	thanks   = saying{"thanks", "thank you", "thanks a lot", "thank you very much", "thank you so much", "many thanks"}
	bye      = saying{"bye", "goodbye", "good bye", "bye bye", "see you", "see you later", "hang up", "end call",
		"end the call", "end the conversation"}
	never   = saying{"never mind", "nevermind", "cancel", "forget it", "stop", "be quiet", "nothing"}
	helpful = saying{"help", "what can you do", "what can i say", "what can i do", "what do you do", "tools", "list tools", "list your tools"}
)

// holds says whether the piece is the saying, with or without filler.
func (s saying) holds(p piece) bool {
	return slices.ContainsFunc(append(p.cuts(), p), func(cut piece) bool {
		return slices.Contains(s, strings.Join(cut.folds(), " "))
	})
}

// courtesy answers what needs no tool.
func courtesy(p piece, specs []*tool.Spec) (plan, bool) {
	switch {
	case greeting.holds(p):
		return plan{say: "Hello! " + suggest(specs, 2)}, true
	case thanks.holds(p):
		return plan{say: "You are welcome."}, true
	case bye.holds(p):
		return plan{say: farewell, end: true}, true
	case never.holds(p):
		return plan{say: "All right."}, true
	case helpful.holds(p):
		return plan{say: help(specs)}, true
	}
	return plan{}, false
}

// welcome is what the agent opens a conversation with.
func welcome(specs []*tool.Spec) string { return "Hello! " + suggest(specs, 3) }

// lost is the answer to what was not understood.
func lost(specs []*tool.Spec) string {
	if len(specs) == 0 {
		return noTools
	}
	return "I did not understand that. " + suggest(specs, 6)
}

// suggest names things to say, one for a tool and not more than most.
func suggest(specs []*tool.Spec, most int) string {
	if len(specs) == 0 {
		return noTools
	}
	var say []string
	for _, s := range specs[:min(most, len(specs))] {
		say = append(say, quote(example(s)))
	}
	text := "Try " + alternatives(say)
	if len(specs) > most {
		return text + fmt.Sprintf(", or \"help\" for all %d tools.", len(specs))
	}
	return text + "."
}

// perhaps is the answer when it is not clear which tool was meant.
func perhaps(near []*tool.Spec) string {
	const most = 4
	var names, say []string
	for _, s := range near[:min(most, len(near))] {
		names = append(names, s.Name)
		say = append(say, quote(example(s)))
	}
	return fmt.Sprintf("Do you mean %s? Say %s.", alternatives(names), alternatives(say))
}

// help lists every tool, one a line.
func help(specs []*tool.Spec) string {
	if len(specs) == 0 {
		return noTools
	}
	var b strings.Builder
	b.WriteString("This is what I can do:")
	for _, s := range specs {
		fmt.Fprintf(&b, "\n- %s", s.Name)
		if s.Description != "" {
			fmt.Fprintf(&b, ": %s", strings.TrimRight(s.Description, ". \n"))
		}
		fmt.Fprintf(&b, ". Say %s.", quote(example(s)))
	}
	fmt.Fprintf(&b, "\nOr call a tool exactly, as in %s", commandExample(specs[0]))
	return b.String()
}

// unsayable is the answer when a tool needs something that no sentence gives.
func unsayable(spec *tool.Spec, err error) string {
	return fmt.Sprintf("%s cannot be called from a sentence: %s. Call it exactly, as in %s", spec.Name, err, commandExample(spec))
}

// spoken is a name as it is said: "outside_temp" has two words.
func spoken(name string) string { return strings.ReplaceAll(name, "_", " ") }

func quote(s string) string { return `"` + s + `"` }

// alternatives joins "a", "b" and "c" to "a, b or c".
func alternatives(list []string) string { return join(list, " or ") }

func join(list []string, last string) string {
	if n := len(list) - 1; n > 0 {
		return strings.Join(list[:n], ", ") + last + list[n]
	}
	return strings.Join(list, "")
}
