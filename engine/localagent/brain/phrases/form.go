package phrases

import (
	"slices"
	"strings"

	"moonlark/engine/tool"
)

// A Form is a pattern of sentences to the agent, such as "turn on the {room} light". It is for
// speech recognisers that must know beforehand what users can say.
type Form struct {
	Tool  *tool.Spec // the tool that the sentence calls; nil if it calls none
	Parts []FormPart
}

// A FormPart is a part of a Form: a word, or the value of a parameter. Exactly one of Words, Number
// and Free is set.
type FormPart struct {
	// Words are the texts that the user may say here. Each consists of one word or of several words
	// in lower case with a space between them.
	Words    []string
	Number   string // "integer" or "number" if the user says a number here
	Free     bool   // the user may say anything here
	Optional bool   // the user may leave the part out
}

// HasFreeText reports whether the user may say anything in one of the parts.
func (f Form) HasFreeText() bool {
	return slices.ContainsFunc(f.Parts, func(p FormPart) bool { return p.Free })
}

// String returns the form as a phrase, with "…" for free text and "#" for a number.
func (f Form) String() string {
	var words []string
	for _, p := range f.Parts {
		words = append(words, p.sample())
	}
	return strings.Join(words, " ")
}

// sample returns the first text of the part, or the sign that stands for free text or a number.
func (p FormPart) sample() string {
	switch {
	case p.Free:
		return "…"
	case p.Number != "":
		return "#"
	}
	return p.Words[0]
}

// Forms returns the forms of the sentences that the brain understands: first those that call a
// tool, then the values of parameters, with which users answer questions, and last sentences such
// as "help". Filler words, such as "please", are not in them.
func Forms(tools []*tool.Spec) []Form {
	var forms, answers []Form
	for _, spec := range tools {
		for _, text := range spec.Phrases {
			if ph := parsePhrase(spec, text); len(ph.parts) > 0 {
				forms = append(forms, ph.form())
			}
		}
		if len(spec.Phrases) == 0 {
			forms = append(forms, nameForm(spec))
		}
		if spec.Parameters == nil {
			continue
		}
		for _, name := range spec.Parameters.Required {
			if part, ok := slotPart(name, spec.Parameters.Property(name)); ok && !part.Free {
				answers = append(answers, Form{Tool: spec, Parts: []FormPart{part}})
			}
		}
	}
	talk := []string{"yes", "no", "help", "hello", "thank you", "thanks", "stop", "never mind", "goodbye"}
	return append(append(forms, answers...), Form{Parts: []FormPart{{Words: talk}}})
}

// form returns the form of a phrase. It leaves out a parameter if none of its values can be spoken.
func (ph *phrase) form() Form {
	f := Form{Tool: ph.tool}
	for i := 0; i < len(ph.parts); i++ {
		pt := ph.parts[i]
		if pt.slot != "" {
			if part, ok := slotPart(pt.slot, pt.schema); ok {
				f.Parts = append(f.Parts, part)
			}
			continue
		}
		part := FormPart{Words: []string{pt.literal}, Optional: isArticle(pt.literal)}
		if i+1 < len(ph.parts) {
			if short := contractionOf(pt.literal, ph.parts[i+1].literal); short != "" {
				part.Words = []string{pt.literal + " " + ph.parts[i+1].literal, short}
				i++
			}
		}
		f.Parts = append(f.Parts, part)
	}
	if !slices.ContainsFunc(f.Parts, func(p FormPart) bool { return !p.Optional }) {
		for i := range f.Parts {
			f.Parts[i].Optional = false
		}
	}
	return f
}

// contractionOf returns the short form of two words, such as "what's" for "what" and "is", or "".
func contractionOf(first, second string) string {
	for short, words := range contractions {
		if words == [2]string{first, second} && strings.Contains(short, "'") {
			return short
		}
	}
	return ""
}

// nameForm returns the form for a tool without phrases: the words of its name, and the values of
// the parameters that a call must set.
func nameForm(spec *tool.Spec) Form {
	f := Form{Tool: spec}
	for _, w := range splitWords(strings.Join(nameWords(spec.Name), " ")).words {
		f.Parts = append(f.Parts, FormPart{Words: []string{w.fold}})
	}
	if spec.Parameters == nil {
		return f
	}
	for _, name := range spec.Parameters.Required {
		if part, ok := slotPart(name, spec.Parameters.Property(name)); ok && !part.Free {
			f.Parts = append(f.Parts, part)
		}
	}
	return f
}

// slotPart returns the part for the parameter called name with the schema s. It returns false if
// none of the parameter's values can be spoken.
func slotPart(name string, s *tool.Schema) (FormPart, bool) {
	switch {
	case s == nil:
		return FormPart{Free: true}, true
	case s.Type == "array" && s.Items != nil:
		return slotPart(name, s.Items)
	case s.Type == "boolean":
		return FormPart{Words: booleanWords(name)}, true
	case s.Type == "number" || s.Type == "integer":
		return FormPart{Number: s.Type}, true
	case s.Type == "object":
		return FormPart{}, false
	case isFreeText(s):
		return FormPart{Free: true}, true
	}
	var words []string
	for _, value := range s.Enum {
		if text := strings.Join(splitWords(value).folds(), " "); text != "" && !slices.Contains(words, text) {
			words = append(words, text)
		}
	}
	return FormPart{Words: words}, len(words) > 0
}

// stateFamilies are groups of words of the map states. A parameter whose name is in a group is set
// with the words of the group.
var stateFamilies = [][]string{
	{"on", "off"}, {"open", "opened", "closed", "close", "shut"}, {"start", "started", "stop", "stopped"}, {"up", "down"},
	{"enable", "disable", "enabled", "disabled"}, {"activate", "deactivate", "active", "inactive"},
	{"lock", "locked", "unlock", "unlocked"}, {"mute", "muted", "unmute", "unmuted"},
}

// booleanWords returns the words that users are likely to say for a boolean parameter with this
// name.
func booleanWords(name string) []string {
	for _, family := range stateFamilies {
		if slices.Contains(family, strings.ToLower(name)) {
			return family
		}
	}
	return []string{"on", "off", "yes", "no", "true", "false"}
}

// Sentences returns examples of the sentences that the brain understands, at most max of them. It
// begins with one example of each form: see [Form.Example].
func Sentences(tools []*tool.Spec, max int) []string {
	forms := Forms(tools)
	var sentences []string
	for i := range max {
		added := false
		for _, f := range forms {
			text, ok := f.Example(i)
			if ok && !slices.Contains(sentences, text) {
				if len(sentences) == max {
					return sentences
				}
				sentences, added = append(sentences, text), true
			}
		}
		if !added {
			break
		}
	}
	return sentences
}

// Example returns the i-th example of a sentence with the form, counted from 0. It returns false if
// there are fewer. Parts with free text are left out, and numbers are "five".
func (f Form) Example(i int) (string, bool) {
	var words []string
	for _, p := range f.Parts {
		switch {
		case p.Free:
		case p.Number != "":
			words = append(words, "five")
		default:
			words = append(words, p.Words[i%len(p.Words)])
			i /= len(p.Words)
		}
	}
	return strings.Join(words, " "), i == 0 && len(words) > 0
}
