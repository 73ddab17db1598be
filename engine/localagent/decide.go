package localagent

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/tool"
)

// A plan is what to do about one sentence: calls to make, in its order, and
// what to say once they are answered. Without calls there is always something
// to say.
type plan struct {
	calls []call
	say   string
	ask   *question // say ends with this question; the next sentence may answer it
	end   bool      // the user takes leave
}

// A call is a tool with arguments that its schema accepts, as a JSON object.
type call struct {
	spec *tool.Spec
	args json.RawMessage
}

// mostWords is the longest sentence that is read.
const mostWords = 500

// decide reads a sentence. asked is the question that the plan before it
// ended with, or nil. It is pure: it knows nothing but its arguments, and
// keeps nothing.
func decide(sentence string, specs []*tool.Spec, asked *question) plan {
	p := consider(sentence, specs, asked)
	p.say = strings.ToValidUTF8(p.say, "\ufffd") // Lua's strings are any bytes
	return p
}

func consider(sentence string, specs []*tool.Spec, asked *question) plan {
	if rest, ok := strings.CutPrefix(strings.TrimSpace(sentence), "/"); ok {
		return command(rest, specs)
	}
	p := words(sentence)
	if len(p.words) > mostWords {
		return plan{say: "That is more than I can read at once. Can you say it in fewer words?"}
	}
	list := phrases(specs)
	if in := find(list, p, true); in != nil {
		return carryOut([]*intent{in}, nil)
	}
	if in := named(specs, p); in != nil {
		return carryOut([]*intent{in}, nil)
	}
	if pl, ok := courtesy(p, specs); ok {
		return pl
	}
	chunks := segment(list, p)
	understood := slices.ContainsFunc(chunks, func(c chunk) bool { return c.intent != nil || c.bye })
	if understood && !slices.ContainsFunc(chunks, func(c chunk) bool { return !c.understood() }) {
		return conclude(chunks, specs)
	}
	if in := asked.answer(p, specs); in != nil {
		return carryOut([]*intent{in}, nil)
	}
	if understood {
		return conclude(chunks, specs)
	}
	return surmise(p, chunks, list, specs, asked)
}

// surmise makes a plan of a sentence in which no phrase was found.
func surmise(p piece, chunks []chunk, list []phrase, specs []*tool.Spec, asked *question) plan {
	in, near := byWords(specs, p)
	if in == nil || asked != nil && in.spec.Name == asked.intent.spec.Name {
		if answer := asked.overhear(p, specs); answer != nil {
			in = answer
		}
	}
	if in != nil {
		return carryOut([]*intent{in}, nil)
	}
	for i := range chunks {
		if len(chunks) > 1 {
			chunks[i].intent, _ = byWords(specs, chunks[i].piece)
		}
	}
	if slices.ContainsFunc(chunks, func(c chunk) bool { return c.intent != nil }) {
		return conclude(chunks, specs)
	}
	if in := find(list, p, false); in != nil {
		return carryOut([]*intent{in}, nil)
	}
	if len(near) > 0 {
		return plan{say: perhaps(near)}
	}
	return plan{say: lost(specs)}
}

// conclude makes a plan of a sentence of several parts. What no phrase fits is
// guessed, each part for itself, and what is left is named.
func conclude(chunks []chunk, specs []*tool.Spec) plan {
	var ins []*intent
	var lost []string
	end, joined := false, false
	for _, c := range chunks {
		if !c.understood() {
			c.intent, _ = byWords(specs, c.piece)
		}
		switch {
		case c.intent != nil:
			ins = append(ins, c.intent)
		case c.understood():
			end = end || c.bye
		case joined: // it and the part before it are one thing that was not understood
			lost[len(lost)-1] += " " + c.piece.String()
		default:
			lost = append(lost, c.piece.bare().String())
		}
		joined = !c.understood()
	}
	pl := carryOut(ins, lost)
	if end && pl.ask == nil {
		pl.end = true
		pl.say = strings.TrimSpace(pl.say + " " + farewell)
	}
	return pl
}

// carryOut makes the calls that can be made and asks for what the first of the
// others lacks.
func carryOut(ins []*intent, lost []string) plan {
	var pl plan
	var say []string
	for _, in := range ins {
		c, err := in.call()
		switch param := in.missing(); {
		case err == nil:
			pl.calls = append(pl.calls, c)
		case param == "" || !answerable(in.spec, param):
			say = append(say, unsayable(in.spec, err))
		case pl.ask == nil:
			pl.ask = &question{in, param}
		default:
			say = append(say, fmt.Sprintf("For %s I need to know the %s too: ask me again.", in.spec.Name, spoken(param)))
		}
	}
	for _, part := range lost {
		say = append(say, fmt.Sprintf("I did not understand %q.", part))
	}
	if pl.ask != nil {
		say = append(say, pl.ask.String())
	}
	pl.say = strings.Join(say, " ")
	return pl
}

// answerable says whether a sentence can give the parameter a value.
func answerable(spec *tool.Spec, param string) bool {
	s := parameter(spec, param)
	for s != nil && s.Type == "array" {
		s = s.Items
	}
	return s == nil || s.Type != "object"
}
