package phrases

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"moonlark/engine/tool"
)

// A nameMatch is the result of comparing a sentence with the name of one tool.
type nameMatch struct {
	tool      *tool.Spec
	nameWords int  // number of words of the tool's name that the user said, including helper verbs
	complete  bool // the user said every word of the tool's name, except perhaps helper verbs
	certain   bool // more than half of the meaningful words of the sentence are about the tool
}

// findByName finds the tool whose name the user said in the piece. The rules:
//
//   - The sentence has to contain every word of the name, in any order, in the singular or the
//     plural. Helper verbs such as get and set may be missing. But if the user says one, it decides
//     between tools such as get_volume and set_volume.
//   - If several tools match, the tool with the most words of its name in the sentence is chosen.
//   - The sentence has to be about the tool. Words such as "the" or "is" do not count. More than
//     half of the other words must be in the tool's name, description or parameters, or be values
//     of its parameters. If exactly half of them are, the tool is only offered: the agent asks
//     whether the user meant it.
//   - If the sentence contains a word such as "not", no tool is called. If it is a yes-or-no
//     question, no tool is called with arguments: a user who asks "is the hall light on?" does not
//     want to switch the light.
//   - If the sentence contains only half of a tool's name, the tool is offered. But it is not
//     offered if the missing half contains a state such as "on" or "lock": a user who wants to
//     unlock the door should not be offered lock_door.
//
// If no tool is certain, findByName returns nil and the tools to offer. If the tool is found and
// only an argument is missing, findByName returns the intent, because it does no harm to ask for
// the argument.
func findByName(tools []*tool.Spec, p piece) (*intent, []*tool.Spec) {
	var complete, partial []nameMatch
	for _, spec := range tools {
		switch m, ok := matchName(spec, p); {
		case ok && m.complete:
			complete = append(complete, m)
		case ok:
			partial = append(partial, m)
		}
	}
	if len(complete) == 0 {
		return nil, toolsOf(bestMatches(partial))
	}
	best := bestMatches(complete)
	if len(best) > 1 || isNegated(p) {
		return nil, toolsOf(best)
	}
	in := &intent{tool: best[0].tool, args: map[string]json.RawMessage{}}
	in.fillArguments(p, make([]bool, len(p.words)))
	if in.missing() == "" && (!best[0].certain || len(in.args) > 0 && isYesNoQuestion(p)) {
		return nil, toolsOf(best)
	}
	return in, nil
}

// bestMatches returns the matches that have the most words of their names in the sentence.
func bestMatches(matches []nameMatch) []nameMatch {
	most := 0
	for _, m := range matches {
		most = max(most, m.nameWords)
	}
	return slices.DeleteFunc(matches, func(m nameMatch) bool { return m.nameWords < most })
}

func toolsOf(matches []nameMatch) []*tool.Spec {
	var list []*tool.Spec
	for _, m := range matches {
		list = append(list, m.tool)
	}
	return list
}

// matchName compares the sentence with the name of a tool. It returns false if the tool should not
// even be offered.
func matchName(spec *tool.Spec, p piece) (nameMatch, bool) {
	name, verbs := nameStems(spec)
	known := knownStems(spec)
	said := map[string]bool{}
	// numbers of different words that are about the tool and that are about something else
	about, other := 0, 0
	for _, w := range p.words {
		s := stem(w.fold)
		if slices.Contains(questionWords, w.fold) {
			said["get"] = true
		}
		if said[s] {
			continue
		}
		said[s] = true
		switch {
		case name[s] || isValue(spec, piece{p.sentence, []word{w}}) || known[s] && !commonWords[s]:
			about++
		case !commonWords[s] && !verbs[s]:
			other++
		}
	}
	inName := countSaid(name, said)
	m := nameMatch{
		tool:      spec,
		nameWords: inName + countSaid(verbs, said),
		complete:  inName == len(name),
		certain:   about > other,
	}
	return m, inName > 0 && 2*inName >= len(name) && about >= other && statesSaid(name, said)
}

// statesSaid reports whether the user said every word of the name that is a state, such as "on".
func statesSaid(name, said map[string]bool) bool {
	for s := range name {
		if _, isState := states[s]; isState && !said[s] {
			return false
		}
	}
	return true
}

func countSaid(stems, said map[string]bool) (n int) {
	for s := range stems {
		if said[s] {
			n++
		}
	}
	return n
}

// helperVerbs are words in tool names that the user may leave out.
var helperVerbs = []string{"get", "set", "do", "run", "fetch", "show", "tell", "read", "make", "call", "use"}

// questionWords count as the helper verb "get": "what is the volume" means get_volume, not
// set_volume.
var questionWords = strings.Fields("what which who when where how")

// commonWords are words that do not tell which tool the user means.
var commonWords = stems(strings.Fields(`a an the i me my mine you your we us our it its this that these those there here
	is are was were be been am do does did can could would will shall should may might must have has had what which who
	whom whose when where why how of in on at to for from by with about into as up down off out over if or and then also
	not no yes so than too very just now please thanks thank hey hi hello ok okay want like need let give tell show go any
	some all`))

func stems(words []string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words {
		set[stem(w)] = true
	}
	return set
}

// nameStems returns the stems of the words of a tool's name, in two sets. The user has to say the
// words in the set name; the set verbs contains helper verbs and common words, which the user may
// leave out. A state such as "on" is in the set name although it is a common word. If all words are
// helper verbs or common words, all of them are in the set name.
func nameStems(spec *tool.Spec) (name, verbs map[string]bool) {
	name, verbs = map[string]bool{}, map[string]bool{}
	for _, w := range nameWords(spec.Name) {
		_, isState := states[w]
		if s := stem(w); !isState && (slices.Contains(helperVerbs, s) || commonWords[s]) {
			verbs[s] = true
		} else {
			name[s] = true
		}
	}
	if len(name) == 0 {
		return verbs, name
	}
	return name, verbs
}

// knownStems returns the stems of the words in the descriptions of a tool and its parameters, in
// the names of the parameters and in their enums.
func knownStems(spec *tool.Spec) map[string]bool {
	known := map[string]bool{}
	add := func(text string) {
		for _, w := range splitWords(text).words {
			known[stem(w.fold)] = true
		}
	}
	add(spec.Description)
	if spec.Parameters != nil {
		for _, property := range spec.Parameters.Properties {
			add(strings.Join(nameWords(property.Name), " "))
			add(property.Description)
			add(strings.Join(property.Enum, " "))
		}
	}
	return known
}

// isValue reports whether the piece is a value of one of the tool's parameters. It ignores
// parameters that accept any words.
func isValue(spec *tool.Spec, p piece) bool {
	if spec.Parameters == nil {
		return false
	}
	return slices.ContainsFunc(spec.Parameters.Properties, func(property tool.Property) bool {
		if isFreeText(property.Schema) {
			return false
		}
		_, ok := parseValue(property.Name, property.Schema, p)
		return ok
	})
}

// isNegated reports whether the piece contains a word such as "not".
func isNegated(p piece) bool {
	return slices.ContainsFunc(p.words, func(w word) bool { return slices.Contains(negations, w.fold) })
}

// isYesNoQuestion reports whether the piece begins with a word that begins a yes-or-no question, or
// with "why", "who" or "when".
func isYesNoQuestion(p piece) bool {
	p = p.withoutFiller()
	return len(p.words) > 0 && slices.Contains(yesNoQuestionWords, p.words[0].fold)
}

var (
	negations          = strings.Fields("not never dont doesnt didnt cannot cant wont without")
	yesNoQuestionWords = strings.Fields("is are was were has have had does did do why who when")
)

// findExactName returns the intent of the tool whose name is the whole piece, apart from filler
// words. It returns nil if there is none.
func findExactName(tools []*tool.Spec, p piece) *intent {
	for _, cut := range append(p.fillerCuts(), p) {
		said := cut.folds()
		for _, spec := range tools {
			if slices.Equal(said, nameWords(spec.Name)) {
				in := &intent{tool: spec, args: map[string]json.RawMessage{}}
				in.fillArguments(cut, make([]bool, len(cut.words)))
				return in
			}
		}
	}
	return nil
}

// nameWords returns the words of a name in lower case. It splits get_time, get-time and getTime
// into the same two words.
func nameWords(name string) []string {
	var b strings.Builder
	var previous rune
	for _, r := range name {
		switch {
		case r == '_' || r == '-':
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(previous):
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		previous = r
	}
	return strings.Fields(strings.ToLower(b.String()))
}
