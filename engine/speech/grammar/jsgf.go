package grammar

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"moonlark/engine/localagent/brain/phrases"
	"moonlark/engine/tool"
)

// soundPrefix begins the words of the grammar that stand for a single sound of other speech.
const soundPrefix = "sound_"

// maxNumber is the largest number that is recognised.
const maxNumber = 100

// before and after are alternatives, in the form of the grammar, for polite words that may be said
// before and after a command.
const (
	before = "please | could you | can you | would you | hey | okay"
	after  = "please | now | thanks | for me"
)

// newGrammar returns the grammar for the tools. dictionary is the path of the dictionary.
func newGrammar(tools []*tool.Spec, dictionary string) (*grammar, error) {
	b := builder{grammar: &grammar{tools: tools, texts: make(map[string]string)}, wanted: make(map[string]bool)}
	forms := slices.DeleteFunc(phrases.Forms(tools), func(f phrases.Form) bool {
		if f.HasFreeText() {
			b.problem(fmt.Sprintf("%q cannot be recognised, because users may say anything in it", f),
				"give its parameter a list of values (enum), or use another recogniser")
			return true
		}
		return false
	})
	for _, list := range []string{before, after} {
		for _, w := range strings.Fields(strings.ReplaceAll(list, "|", "")) {
			b.wanted[w] = true
		}
	}
	for _, f := range forms {
		b.want(f)
	}
	if err := b.findPronunciations(dictionary); err != nil {
		return nil, err
	}
	var commands []string
	for _, f := range forms {
		if text := b.expand(f); text != "" && !slices.Contains(commands, text) {
			commands = append(commands, text)
		}
	}
	b.write(commands)
	if n := len(strings.Fields(strings.Join(commands, " "))); n > manyWords {
		b.problem(fmt.Sprintf("the phrases and the values of the tools have %d words, among which pocketsphinx needs long to find a sentence", n),
			"shorten the lists of values (enum), or use another recogniser")
	}
	return b.grammar, nil
}

// manyWords is a number of words in the commands with which the recognition of a sentence begins to
// take longer than half a second.
const manyWords = 20000

// A builder makes a grammar.
type builder struct {
	*grammar
	wanted    map[string]bool     // the words whose pronunciations are needed
	sounds    map[string][]string // the pronunciations of each word
	hasNumber bool                // some command has a number
	hasPoint  bool                // some command has a number that need not be an integer
}

// problem adds a Problem to the grammar.
func (b *builder) problem(text, fix string) { b.problems = append(b.problems, Problem{text, fix}) }

// want adds the words of a form to b.wanted, and records whether it has a number.
func (b *builder) want(f phrases.Form) {
	for _, part := range f.Parts {
		switch part.Number {
		case "number":
			b.hasNumber, b.hasPoint = true, true
		case "integer":
			b.hasNumber = true
		}
		for _, text := range part.Words {
			for _, w := range strings.Fields(text) {
				b.wanted[w] = true
			}
		}
	}
}

// expand returns the form as an expression of the grammar. It returns "" if a part that must be
// said has no words with a pronunciation.
func (b *builder) expand(f phrases.Form) string {
	var parts []string
	for _, part := range f.Parts {
		text := ""
		switch {
		case part.Number != "":
			text = "<" + part.Number + ">"
		default:
			text = b.alternatives(part.Words)
		}
		switch {
		case text == "" && part.Optional:
			continue
		case text == "":
			return ""
		case part.Optional:
			text = "[" + text + "]"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// alternatives returns an expression for one of the texts. It leaves out texts with words that have
// no pronunciation.
func (b *builder) alternatives(texts []string) string {
	var list []string
	for _, text := range texts {
		var tokens []string
		for _, w := range strings.Fields(text) {
			if len(b.sounds[w]) > 0 {
				tokens = append(tokens, b.token(w))
			}
		}
		if len(tokens) > 0 && len(tokens) == len(strings.Fields(text)) {
			list = append(list, strings.Join(tokens, " "))
		}
	}
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return "(" + strings.Join(list, " | ") + ")"
}

// plain matches the words that the grammar can contain as they are.
var plain = regexp.MustCompile(`^[a-z']+$`)

// token returns the name of a word in the grammar: the word, or an invented name if the word has
// characters that the grammar does not allow.
func (b *builder) token(word string) string {
	if plain.MatchString(word) {
		return word
	}
	for token, text := range b.texts {
		if text == word {
			return token
		}
	}
	token := "word_" + strconv.Itoa(len(b.texts))
	b.texts[token] = word
	return token
}

// allSounds are the sounds of the English model of pocketsphinx.
var allSounds = strings.Fields("AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH")

// write sets jsgf and words. commands are the expressions of the forms.
func (b *builder) write(commands []string) {
	var words strings.Builder
	sounds := make([]string, len(allSounds))
	for i, s := range allSounds {
		sounds[i] = soundPrefix + s
		fmt.Fprintf(&words, "%s %s\n", sounds[i], s)
	}
	var g strings.Builder
	g.WriteString("#JSGF V1.0;\ngrammar moonlark;\n")
	g.WriteString("public <sentence> = [<other>] <request> [<other>] | <other>;\n")
	fmt.Fprintf(&g, "<other> = (%s)+;\n", strings.Join(sounds, " | "))
	fmt.Fprintf(&g, "<request> = [%s] <command> [%s];\n", before, after)
	fmt.Fprintf(&g, "<command> = %s;\n", strings.Join(commands, "\n | "))
	if b.hasNumber {
		var numbers []string
		for n := range maxNumber + 1 {
			b.sounds[strconv.Itoa(n)] = b.numberSounds(n)
			numbers = append(numbers, b.token(strconv.Itoa(n)))
		}
		fmt.Fprintf(&g, "<integer> = [minus] (%s);\n", strings.Join(numbers, " | "))
		if b.hasPoint {
			fmt.Fprintf(&g, "<number> = <integer> [point (%s)];\n", strings.Join(numbers[:10], " | "))
		}
	}
	b.jsgf = g.String()
	for _, w := range slices.Sorted(maps.Keys(b.sounds)) {
		token := b.token(w)
		for i, s := range b.sounds[w] {
			if i > 0 {
				fmt.Fprintf(&words, "%s(%d) %s\n", token, i+1, s)
			} else {
				fmt.Fprintf(&words, "%s %s\n", token, s)
			}
		}
	}
	b.words = words.String()
}
