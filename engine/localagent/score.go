package localagent

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"moonlark/engine/tool"
)

// How much a word of the sentence says about a tool. A tool is meant when most
// of its name was said, when most of the sentence is about it, and when no
// other tool comes near.
const (
	inName    = 3 // a word of its name that is a thing: "light"
	inVerb    = 2 // a word of its name that is a verb like get and set
	inText    = 1 // a word of its description, or a value it takes
	wholeName = 2 // all the things in its name
	margin    = 2 // by which the best must lead
)

var verbs = []string{"get", "set", "do", "run", "fetch", "show", "tell", "read", "make", "call", "use"}

// What does not say which tool is meant.
var idle = stemSet(`a an the i me my mine you your we us our it its this that these those there here is are was were be been
	am do does did can could would will shall should may might must have has had what which who whom whose when where why how
	of in on at to for from by with about into as up down off out over if or and then also not no yes so than too very just
	now please thanks thank hey hi hello ok okay want like need let give tell show go any some all`)

var questions = strings.Fields("what which who when where how")

func stemSet(list string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		set[stem(w)] = true
	}
	return set
}

// A score is how well a sentence fits one tool.
type score struct {
	spec   *tool.Spec
	points int
	share  float64 // of the words that say something, those that are about the tool
	sure   bool    // most of its name was said, not just half
}

// rate compares the words of the sentence with what is written about the tool.
func rate(spec *tool.Spec, p piece) score {
	v := read(spec)
	sc := score{spec: spec}
	said := map[string]bool{}
	asks := false
	for _, w := range p.words {
		asks = asks || slices.Contains(questions, w.fold)
	}
	if asks && v.verbs["get"] {
		sc.points += inVerb
		said["get"] = true
	}
	heard, meant, told := 0, 0, 0
	for _, w := range p.words {
		s := stem(w.fold)
		if said[s] {
			continue
		}
		said[s] = true
		points := v.points(s)
		if points == 0 && v.takes(w, p.sentence) {
			points = inText
		}
		sc.points += points
		switch {
		case v.things[s]:
			told++
			fallthrough
		case points > 0 && !v.verbs[s]:
			meant++
			heard++
		case points == 0 && !idle[s]:
			heard++
		}
	}
	if !v.stated(said) || 2*told < len(v.things) {
		return score{}
	}
	if told == len(v.things) {
		sc.points += wholeName
	}
	sc.sure = 3*told >= 2*len(v.things)
	sc.share = float64(meant) / float64(max(heard, 1))
	return sc
}

// A vocabulary are the words that are about one tool, as stems.
type vocabulary struct {
	spec   *tool.Spec
	things map[string]bool // of its name: what tells it from other tools
	verbs  map[string]bool // of its name: get, set and the like
	about  map[string]bool // of its description and its parameters
}

func read(spec *tool.Spec) vocabulary {
	v := vocabulary{spec, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, w := range nameWords(spec.Name) {
		_, state := states[w]
		if s := stem(w); !state && (slices.Contains(verbs, s) || idle[s]) {
			v.verbs[s] = true
		} else {
			v.things[s] = true
		}
	}
	if len(v.things) == 0 { // a tool called "run": that is all there is to know it by
		v.things, v.verbs = v.verbs, v.things
	}
	add := func(text string) {
		for _, w := range words(text).words {
			v.about[stem(w.fold)] = true
		}
	}
	add(spec.Description)
	if spec.Parameters != nil {
		for _, prop := range spec.Parameters.Properties {
			add(strings.Join(nameWords(prop.Name), " "))
			add(prop.Description)
			add(strings.Join(prop.Enum, " "))
		}
	}
	return v
}

// points is what one word of a sentence says about the tool.
func (v vocabulary) points(stem string) int {
	switch {
	case v.things[stem]:
		return inName
	case v.verbs[stem]:
		return inVerb
	case v.about[stem] && !idle[stem]:
		return inText
	}
	return 0
}

// stated says whether every state in the tool's name was said: somebody who
// wants the door unlocked must not get lock_door.
func (v vocabulary) stated(said map[string]bool) bool {
	for s := range v.things {
		if _, state := states[s]; state && !said[s] {
			return false
		}
	}
	return true
}

// takes says whether the word alone is a value of one of the tool's parameters.
func (v vocabulary) takes(w word, sentence string) bool {
	if v.spec.Parameters == nil {
		return false
	}
	p := piece{sentence, []word{w}}
	for _, prop := range v.spec.Parameters.Properties {
		if free(prop.Schema) {
			continue
		}
		if _, ok := value(prop.Name, prop.Schema, p); ok {
			return true
		}
	}
	return false
}

// nameWords are the words of a name: get_time, get-time and getTime have the
// same two.
func nameWords(name string) []string {
	var b strings.Builder
	var before rune
	for _, r := range name {
		switch {
		case r == '_' || r == '-':
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(before):
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return strings.Fields(strings.ToLower(b.String()))
}

// byWords finds the one tool that the words of the piece are about. When there
// are several, or the one is not sure, it returns what may have been meant.
func byWords(specs []*tool.Spec, p piece) (*intent, []*tool.Spec) {
	var scores []score
	for _, spec := range specs {
		if sc := rate(spec, p); sc.points >= inName && sc.share >= 0.5 {
			scores = append(scores, sc)
		}
	}
	if len(scores) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(scores, func(a, b score) int { return b.points - a.points })
	best := scores[0]
	var near []*tool.Spec
	for _, sc := range scores {
		if best.points-sc.points < margin {
			near = append(near, sc.spec)
		}
	}
	in := &intent{spec: best.spec, args: map[string]json.RawMessage{}}
	in.fill(p, make([]bool, len(p.words)))
	asking := in.missing() != "" // which is right where acting may not be
	switch {
	case len(near) > 1 || !best.sure || denied(p):
		return nil, near
	case !asking && (best.share <= 0.5 || len(in.args) > 0 && wondered(p)):
		return nil, near
	}
	return in, nil
}

// denied says whether the piece has a "not" in it, which no tool understands.
func denied(p piece) bool {
	return slices.ContainsFunc(p.words, func(w word) bool { return slices.Contains(denials, w.fold) })
}

// wondered says whether the piece asks for a yes or a no, or a reason: somebody
// who asks "is the hall light on" does not want it switched.
func wondered(p piece) bool {
	bare := p.bare()
	return len(bare.words) > 0 && slices.Contains(wonders, bare.words[0].fold)
}

var (
	denials = strings.Fields("not never dont doesnt didnt cannot cant wont without")
	wonders = strings.Fields("is are was were has have had does did do why who when")
)

// named is the tool whose name is what the whole piece says, nil when none is.
func named(specs []*tool.Spec, p piece) *intent {
	for _, cut := range append(p.cuts(), p) {
		said := cut.folds()
		for _, spec := range specs {
			if slices.Equal(said, nameWords(spec.Name)) {
				in := &intent{spec: spec, args: map[string]json.RawMessage{}}
				in.fill(cut, make([]bool, len(cut.words)))
				return in
			}
		}
	}
	return nil
}
