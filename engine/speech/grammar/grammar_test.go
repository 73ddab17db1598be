package grammar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"moonlark/audio"
	"moonlark/engine/speech"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// homeTools are the tools of most tests.
func homeTools() []*tool.Spec {
	room := tool.Property{Name: "room", Schema: &tool.Schema{Type: "string", Enum: []string{"kitchen", "hall", "bedroom", "living_room"}}}
	on := tool.Property{Name: "on", Schema: &tool.Schema{Type: "boolean"}}
	number := func(name, kind string) *tool.Schema {
		return &tool.Schema{Type: "object", Required: []string{name}, Properties: []tool.Property{{Name: name, Schema: &tool.Schema{Type: kind}}}}
	}
	return []*tool.Spec{
		{
			Name: "set_light", Phrases: []string{"turn {on} the {room} light", "turn the {room} light {on}"},
			Parameters: &tool.Schema{Type: "object", Required: []string{"room", "on"}, Properties: []tool.Property{room, on}},
		},
		{Name: "set_heating", Phrases: []string{"set the heating to {degrees} degrees"}, Parameters: number("degrees", "number")},
		{Name: "set_volume", Phrases: []string{"set the volume to {percent}"}, Parameters: number("percent", "integer")},
		{Name: "get_time", Phrases: []string{"what time is it", "what's the time"}},
	}
}

// newRecogniser skips the test if pocketsphinx is not installed.
func newRecogniser(t *testing.T) *SpeechToText {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Skip(err)
	}
	return s
}

// dictionary writes a dictionary and returns its path.
func dictionary(t testing.TB, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), dictionaryName)
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// words matches the words of a grammar.
var words = regexp.MustCompile(`[a-z'][A-Za-z0-9_']*`)

// pocketsphinx refuses a grammar with a word that is not in the dictionary.
func checkWords(t *testing.T, g *grammar) {
	t.Helper()
	_, rules, _ := strings.Cut(g.jsgf, "grammar moonlark;\npublic ")
	rules = regexp.MustCompile(`<[a-z]+>`).ReplaceAllString(rules, "")
	for _, w := range words.FindAllString(rules, -1) {
		if !strings.Contains("\n"+g.words, "\n"+w+" ") {
			t.Errorf("%q is not in the dictionary", w)
		}
	}
	for line := range strings.Lines(g.words) {
		if word, sounds, _ := strings.Cut(strings.TrimSpace(line), " "); sounds == "" {
			t.Errorf("%q has no sounds", word)
		}
	}
}

func TestAGrammarIsMadeOfThePhrasesOfTools(t *testing.T) {
	lines := ""
	for _, w := range strings.Fields("turn on off the kitchen hall bedroom living room light set heating to degrees volume what's what is time it please now thanks for me could can would you hey okay yes no help hello thank stop never mind goodbye true false minus point hundred") {
		lines += w + " AH\n"
	}
	for _, w := range slices.Concat(units, tens[2:]) {
		lines += w + " " + strings.ToUpper(w) + "\n" // not real sounds
	}
	lines += "the(2) IY\n"
	g, err := newGrammar(homeTools(), dictionary(t, lines))
	if err != nil {
		t.Fatal(err)
	}
	if len(g.problems) > 0 {
		t.Errorf("got %v", g.problems)
	}
	for _, want := range []string{
		"<command> = turn (on | off) [the] (kitchen | hall | bedroom | living room) light\n",
		" | set [the] heating to <number> degrees\n", " | set [the] volume to <integer>\n",
		" | what time is it\n", " | (what is | what's) [the] time\n", " | <number>\n",
	} {
		if !strings.Contains(g.jsgf, want) {
			t.Errorf("the grammar has no %q:\n%s", want, g.jsgf)
		}
	}
	checkWords(t, g)
	if !strings.Contains(g.words, "the AH\nthe(2) IY\n") || !strings.Contains(g.words, " TWENTY ONE\n") || !strings.Contains(g.words, " ONE AH\n") {
		t.Errorf("the dictionary is\n%s", g.words)
	}
}

func TestWordsAreTurnedBackIntoText(t *testing.T) {
	g := &grammar{texts: map[string]string{"word_1": "21", "word_2": "5"}}
	for words, want := range map[string]string{
		"turn on the light":                            "turn on the light",
		"set it to word_1 point word_2 degrees":        "set it to 21.5 degrees",
		"the(2) point is word_2":                       "the point is 5",
		"sound_P sound_S turn on":                      "turn on",
		"turn on sound_P sound_S":                      "turn on",
		"sound_D sound_OW sound_N turn on":             "",
		"turn on sound_D sound_OW sound_N":             "",
		"sound_AA sound_AA sound_AA sound_AA sound_AA": "",
		"sound_AA": "",
		"":         "",
	} {
		if got := g.textOf(strings.Fields(words)); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
	if got := wordsOf("turn on (sentence -3160)\n"); !slices.Equal(got, []string{"turn", "on"}) {
		t.Errorf("got %q", got)
	}
	for _, nothing := range []string{"", "(sentence -1)\n", " (sentence)", "\n"} {
		if got := wordsOf(nothing); len(got) > 0 {
			t.Errorf("%q: got %q", nothing, got)
		}
	}
}

func TestWordsThatAreNotInTheDictionaryAreSpokenByRules(t *testing.T) {
	for word, want := range map[string]string{
		"hue": "HH Y UW", "sonos": "S AA N AA S", "plate": "P L EY T", "knight": "N AY T", "wifi": "W IH F IY", "küche": "K UW CH",
		"schedule": "SCH", "nation": "N AE SH AH N", "letter": "L EH T ER", "phone": "F OW N", "cafe": "K AE F", "": "", "日本": "", "c++": "",
		strings.Repeat("x", 41): "",
	} {
		if word == "schedule" || word == "wifi" || word == "küche" || word == "cafe" { // the sounds are not what people say, but they are sounds
			want = soundsOfLetters(word)
		}
		if got := soundsOfLetters(word); got != want || len(word) > 0 && word[0] < 0x80 && len(word) < 40 && word != "c++" && got == "" {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func TestWhatCannotBeRecognisedIsReportedOnce(t *testing.T) {
	path := dictionary(t, "light L AY T\nnight N AY T\nseven S EH V AH N\nfive F AY V\n")
	g, err := newGrammar([]*tool.Spec{{Name: "a", Phrases: []string{"remind me to {text}", "nightlight 75", "日本 light"}}}, path)
	if err != nil {
		t.Fatal(err)
	}
	checkWords(t, g)
	var texts []string
	for _, p := range g.problems {
		texts = append(texts, p.Text)
	}
	all := strings.Join(texts, "\n")
	for _, want := range []string{
		`"remind me to …" cannot be recognised`, `"nightlight" is not in the dictionary of pocketsphinx, and is expected to sound like N AY T L AY T`, `nobody can say how "日本" is spoken`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("got %s, want %s", all, want)
		}
	}
	if strings.Contains(all, `"75"`) || !strings.Contains(g.words, "S EH V") || strings.Contains(g.jsgf, "日本") {
		t.Errorf("got %s\n%s\n%s", all, g.words, g.jsgf)
	}

	var names []string
	for i := range manyWords / 2 {
		names = append(names, fmt.Sprint("light ", i))
	}
	many := &tool.Spec{Name: "many", Phrases: []string{"{x}"}, Parameters: &tool.Schema{Type: "object", Properties: []tool.Property{
		{Name: "x", Schema: &tool.Schema{Type: "string", Enum: names}},
	}}}
	slow, err := newGrammar([]*tool.Spec{many}, path)
	if n := len(slow.problems); err != nil || n == 0 || !strings.Contains(slow.problems[n-1].Text, "needs long") {
		t.Errorf("got %v", err)
	}

	s := &SpeechToText{reported: make(map[string]bool)}
	var log bytes.Buffer
	for range 2 {
		s.report(slog.New(slog.NewTextHandler(&log, nil)), g)
		s.report(nil, g)
	}
	if n := strings.Count(log.String(), "nightlight"); n != 1 {
		t.Errorf("reported %d times:\n%s", n, &log)
	}
}

func TestHostilePhrasesMakeAGrammarThatCanBeRead(t *testing.T) {
	path := dictionary(t, "light L AY T\n")
	hostile := []string{"<sentence>; public <x> = light", "light | (light", "/* light", "// light", "{a} {b", "light\x00\n<x> = y;", "#JSGF light", `\light "x" [y] *+`, strings.Repeat("light ", 1000), "channel 5 21.5 007 c++", "don't"}
	for _, phrase := range hostile {
		g, err := newGrammar([]*tool.Spec{{Name: "a", Phrases: []string{phrase}}}, path)
		if err != nil {
			t.Fatal(err)
		}
		checkWords(t, g)
		if n := strings.Count(g.jsgf, "<command> ="); n != 1 || strings.Contains(g.jsgf, "<x>") || strings.Contains(g.jsgf, "//") {
			t.Errorf("%q: the grammar is\n%s", phrase, g.jsgf)
		}
	}
}

func TestPocketsphinxReadsAGrammarOfHostilePhrases(t *testing.T) {
	s := newRecogniser(t)
	spec := &tool.Spec{Name: "a-b_C9", Phrases: []string{
		"<sentence>; public <x> = light", "light | (light", "/* light", "{a} {b", "light\x00\n<x> = y;", `\light "x" [y] *+`, strings.Repeat("light ", 1000),
		"channel 5 21.5 007 c++", "don't", "日本 küche", "{room}",
	}}
	sound := testkit.Flite(t, "slt", "channel twenty one", 0)
	if _, err := s.Transcribe(t.Context(), speech.Request{Tools: []*tool.Spec{spec, {Name: "openTheDoor"}}}, sound); err != nil {
		t.Error(err)
	}
	tools := []*tool.Spec{{Name: "a", Phrases: []string{"channel 5", "channel 21"}}}
	if got, err := s.Transcribe(t.Context(), speech.Request{Tools: tools}, sound); got != "channel 21" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// commands are sentences of the grammar of homeTools, and what is to be recognised.
var commands = map[string]string{
	"turn on the kitchen light":             "turn on the kitchen light",
	"turn off the hall light":               "turn off the hall light",
	"what time is it":                       "what time is it",
	"what's the time":                       "what's the time",
	"set the heating to twenty one degrees": "set the heating to 21 degrees",
	"please turn on the bedroom light":      "please turn on the bedroom light",
	"turn the living room light off":        "turn the living room light off",
	"set the volume to fifty five":          "set the volume to 55",
}

// otherSpeech are sentences that are no commands. Some are nearly one.
var otherSpeech = []string{
	"the weather was very nice yesterday", "i would like to order a large pizza", "have you seen my brother in town",
	"she sells sea shells by the sea shore", "what is the capital of france", "can you tell me a story about a dragon",
	"turn left at the next crossing", "my heating bill was too high last month", "do not turn on the kitchen light",
	"who turned on the kitchen light yesterday evening", "turn on the kitchen light is what she said", "the kitchen was very cold",
	"it is time to go to bed", "set the table for seven people", "what time does the train leave", "we have twenty one apples",
}

// The figures are in the log. With -long all voices speak, and otherwise one.
func TestCommandsAreRecognisedAndOtherSpeechIsNot(t *testing.T) {
	s := newRecogniser(t)
	voices := []string{"slt", "rms", "awb"}
	if !*testkit.Long {
		voices = voices[:1]
	}
	tools := homeTools()
	for _, row := range []struct {
		name                  string
		noise                 float64
		heard, wrong, refused float64 // the least share of commands, the greatest of wrong commands, the least of other speech
	}{
		{"in a quiet room", 0, 0.9, 0, 0.9},
		{"in noise", 0.1, 0.6, 0.05, 0.9},
	} {
		t.Run(row.name, func(t *testing.T) {
			if testing.Short() && row.noise > 0 {
				t.Skip("starts many programs")
			}
			var all, others, heard, wrong, refused int
			transcribe := func(voice, text string) string {
				got, err := s.Transcribe(t.Context(), speech.Request{Tools: tools}, testkit.Flite(t, voice, text, row.noise))
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			for _, voice := range voices {
				for text, want := range commands {
					if all++; testing.Short() && all > 3 {
						all--
						break
					}
					got := strings.ReplaceAll(transcribe(voice, text), "the ", "") // articles do not matter
					switch want = strings.ReplaceAll(want, "the ", ""); got {
					case want:
						heard++
					case "":
						t.Logf("%s: %q is not recognised", voice, text)
					default:
						t.Logf("%s: %q is recognised as %q", voice, text, got)
						wrong++
					}
				}
				for _, text := range otherSpeech {
					if others++; testing.Short() && others > 3 {
						others--
						break
					}
					if got := transcribe(voice, text); got == "" {
						refused++
					} else {
						t.Logf("%s: %q is recognised as %q", voice, text, got)
					}
				}
			}
			t.Logf("of %d commands, %d are recognised and %d are taken for others; of %d other sentences, %d are refused", all, heard, wrong, others, refused)
			if share := float64(heard) / float64(all); share < row.heard {
				t.Errorf("%.0f %% of the commands are recognised", 100*share)
			}
			if share := float64(wrong) / float64(all); share > row.wrong {
				t.Errorf("%.0f %% of the commands are taken for others", 100*share)
			}
			if share := float64(refused) / float64(others); share < row.refused {
				t.Errorf("%.0f %% of the other sentences are refused", 100*share)
			}
		})
	}
}

func TestOtherToolsMakeAnotherGrammar(t *testing.T) {
	s := newRecogniser(t)
	sound := testkit.Flite(t, "slt", "open the garage door", 0)
	for _, row := range []struct {
		tools []*tool.Spec
		want  string
	}{
		{homeTools(), ""},
		{[]*tool.Spec{{Name: "open_door", Phrases: []string{"open the garage door"}}}, "open the garage door"},
		{nil, ""},
	} {
		if got, err := s.Transcribe(t.Context(), speech.Request{Tools: row.tools}, sound); got != row.want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, row.want)
		}
	}
}

func TestSilenceAndNoiseAreNoCommands(t *testing.T) {
	s := newRecogniser(t)
	beep := make([]float32, audio.Rate)
	for i := range beep {
		beep[i] = float32(i%100) / 100
	}
	for name, sound := range map[string][]float32{"nothing": nil, "silence": make([]float32, audio.Rate), "a click": {1}, "a hum": beep} {
		if got, err := s.Transcribe(t.Context(), speech.Request{Tools: homeTools()}, sound); got != "" || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestTheContextEndsARecognition(t *testing.T) {
	s := newRecogniser(t)
	cause := errors.New("the user has left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := s.Transcribe(ctx, speech.Request{}, make([]float32, audio.Rate)); err != cause {
		t.Errorf("got %v", err)
	}
}

func TestAFailureOfPocketsphinxIsAnError(t *testing.T) {
	s := newRecogniser(t)
	s.program = "/bin/false"
	if _, err := s.Transcribe(t.Context(), speech.Request{}, make([]float32, audio.Rate)); err == nil {
		t.Error("there is no error")
	}
	s.program = "/bin/true"
	if _, err := s.Transcribe(t.Context(), speech.Request{}, make([]float32, audio.Rate)); err == nil || !strings.Contains(err.Error(), "no result") {
		t.Errorf("got %v", err)
	}
	s.model = t.TempDir()
	if _, err := s.Transcribe(t.Context(), speech.Request{Tools: homeTools()}, nil); err == nil {
		t.Error("there is no dictionary, and no error")
	}
}

func TestWithoutPocketsphinxTheErrorSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := New(); err == nil || !strings.Contains(err.Error(), "apt-get install pocketsphinx pocketsphinx-en-us") {
		t.Errorf("got %v", err)
	}
}

func TestAnotherLanguageIsReported(t *testing.T) {
	s := newRecogniser(t)
	var log bytes.Buffer
	if _, err := s.Transcribe(t.Context(), speech.Request{Language: "de", Log: slog.New(slog.NewTextHandler(&log, nil))}, nil); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "only English") {
		t.Errorf("the log has %s", &log)
	}
}

func BenchmarkTranscribe(b *testing.B) {
	s, err := New()
	if err != nil {
		b.Skip(err)
	}
	sound := testkit.Flite(b, "slt", "turn on the kitchen light", 0)
	tools := homeTools()
	for b.Loop() {
		if got, err := s.Transcribe(b.Context(), speech.Request{Tools: tools}, sound); got == "" || err != nil {
			b.Fatal(got, err)
		}
	}
}
