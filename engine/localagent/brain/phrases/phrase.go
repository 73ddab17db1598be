package phrases

import (
	"strings"

	"moonlark/engine/tool"
)

// A phrase is a sentence with slots that calls a tool, such as "turn {on} the {room} light". The
// script defines the phrases of a tool.
type phrase struct {
	tool     *tool.Spec
	parts    []part
	literals int // number of literal words that are not articles
	// anchored means that some part of the phrase is not free text, so the phrase does not match
	// every sentence.
	anchored bool
}

// A part of a phrase is a literal word, or a slot for the value of a parameter.
type part struct {
	literal string
	slot    string       // name of the slot's parameter; "" if the part is a literal word
	schema  *tool.Schema // schema of the slot's parameter; nil if the tool does not declare it
}

// parsePhrases returns the phrases of all tools, in the order of the tools. It leaves out phrases
// without words and slots.
func parsePhrases(tools []*tool.Spec) []phrase {
	var list []phrase
	for _, spec := range tools {
		for _, text := range spec.Phrases {
			if ph := parsePhrase(spec, text); len(ph.parts) > 0 {
				list = append(list, ph)
			}
		}
	}
	return list
}

func parsePhrase(spec *tool.Spec, text string) phrase {
	ph := phrase{tool: spec}
	for text != "" {
		before, rest, open := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !open || !closed {
			before, after = text, "" // a brace without its partner counts as punctuation
		}
		for _, w := range splitWords(before).words {
			ph.parts = append(ph.parts, part{literal: w.fold})
		}
		if name = strings.TrimSpace(name); open && closed && name != "" {
			ph.parts = append(ph.parts, part{slot: name, schema: schemaOf(spec, name)})
		}
		text = after
	}
	ph.cutFiller()
	for _, pt := range ph.parts {
		if pt.slot == "" && !isArticle(pt.literal) {
			ph.literals++
		}
		ph.anchored = ph.anchored || pt.slot == "" || !isFreeText(pt.schema)
	}
	return ph
}

// schemaOf returns the schema of a tool's parameter, or nil if the tool does not declare the
// parameter.
func schemaOf(spec *tool.Spec, parameter string) *tool.Schema {
	if spec.Parameters == nil {
		return nil
	}
	return spec.Parameters.Property(parameter)
}

// cutFiller removes filler words at both ends of the phrase, because they are also removed from
// what the user says. If no literal word other than an article would be left, cutFiller changes
// nothing.
func (ph *phrase) cutFiller() {
	folds := make([]string, len(ph.parts))
	for i, pt := range ph.parts {
		folds[i] = pt.literal // "" for a slot, which is never a filler word
	}
	i, j := fillerStarts(folds)[0], fillerEnds(folds)[0]
	for k := i; k < j; k++ {
		if folds[k] != "" && !isArticle(folds[k]) {
			ph.parts = ph.parts[i:j]
			return
		}
	}
}
