package grammar

import (
	"strings"
	"testing"

	"moonlark/engine/tool"
)

// Whatever scripts write in phrases and enums, pocketsphinx can read the grammar: each word has
// sounds, and there is one command.
func FuzzAGrammarCanBeRead(f *testing.F) {
	for _, seed := range [][2]string{
		{"turn {on} the {room} light", "kitchen,living_room"}, {"what's {x", "}"}, {"<sentence>; public <x> = light", "21,21.5,-3,007"},
		{"don't | (stop) /1/ [please]* +\n#JSGF", "日本,küche,c++,''"}, {"{room}", "a"}, {"the", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	path := dictionary(f, "light L AY T\nthe DH AH\nwhat W AH T\nis IH Z\nwhat's W AH T S\nstop S T AA P\n")
	f.Fuzz(func(t *testing.T, phrase, enum string) {
		parameters := &tool.Schema{Type: "object", Required: []string{"room"}, Properties: []tool.Property{
			{Name: "room", Schema: &tool.Schema{Type: "string", Enum: strings.Split(enum, ",")}},
			{Name: "on", Schema: &tool.Schema{Type: "boolean"}}, {Name: "x", Schema: &tool.Schema{Type: "number"}},
		}}
		g, err := newGrammar([]*tool.Spec{{Name: "a", Phrases: []string{phrase}, Parameters: parameters}}, path)
		if err != nil {
			t.Fatal(err)
		}
		checkWords(t, g)
		if strings.Count(g.jsgf, "\n<command> = ") != 1 || strings.Contains(g.jsgf, "<command> = ;") || strings.Count(g.jsgf, ";\n") > 7 {
			t.Errorf("the grammar is\n%s", g.jsgf)
		}
	})
}
