package localagent

import (
	"strings"
	"testing"

	"moonlark/engine/tool"
)

func str(enum ...string) *tool.Schema { return &tool.Schema{Type: "string", Enum: enum} }

func typed(t string) *tool.Schema { return &tool.Schema{Type: t} }

// object makes the parameters of a tool, all of them required but those whose
// name ends in "?".
func object(nameAndSchema ...any) *tool.Schema {
	s := &tool.Schema{Type: "object"}
	for i := 0; i < len(nameAndSchema); i += 2 {
		name, optional := strings.CutSuffix(nameAndSchema[i].(string), "?")
		s.Properties = append(s.Properties, tool.Property{Name: name, Schema: nameAndSchema[i+1].(*tool.Schema)})
		if !optional {
			s.Required = append(s.Required, name)
		}
	}
	return s
}

// house is a script with a bit of everything.
func house() []*tool.Spec {
	return []*tool.Spec{
		{
			Name: "set_light", Description: "Switch a light on or off",
			Parameters: object("room", str("kitchen", "hall", "Living Room"), "on", typed("boolean")),
			Phrases:    []string{"turn {on} the {room} light", "turn the {room} light {on}", "switch {on} the light in the {room}"},
		},
		{
			Name: "set_temperature", Description: "Set the heating, in degrees",
			Parameters: object("degrees", typed("number"), "room?", str("kitchen", "hall")),
			Phrases:    []string{"set the heating to {degrees} degrees", "make it {degrees} degrees in the {room}"},
		},
		{Name: "get_time", Description: "The time of day", Phrases: []string{"what time is it", "tell me the time"}},
		{
			Name: "remind", Description: "Remember something",
			Parameters: object("text", str()), Phrases: []string{"remind me to {text}", "remember {text} for {days} days"},
		},
		{
			Name: "shades", Parameters: object("closed", typed("boolean")),
			Phrases: []string{"the blinds should be {closed}"},
		},
		{Name: "repeat_it", Parameters: object("times", typed("integer")), Phrases: []string{"again {times} times"}},
		{
			Name: "shopping", Parameters: object("items", &tool.Schema{Type: "array", Items: str()}),
			Phrases: []string{"put {items} on the list", "buy {items}"},
		},
	}
}

// show writes a plan as a test reads it: the calls, what is said, and how it
// goes on.
func show(p plan) string {
	var parts []string
	for _, c := range p.calls {
		parts = append(parts, c.spec.Name+" "+string(c.args))
	}
	if p.say != "" {
		parts = append(parts, p.say)
	}
	if p.end {
		parts = append(parts, "[end]")
	}
	return strings.Join(parts, " | ")
}

func TestSentencesBecomeCalls(t *testing.T) {
	const hallOn = `set_light {"on":true,"room":"hall"}`
	for _, row := range []struct{ why, say, want string }{
		{"a phrase word by word", "turn on the hall light", hallOn},
		{"case and punctuation do not matter", "Turn ON the HALL light!", hallOn},
		{"filler at the edges does not matter", "hey, could you please turn on the hall light now, thanks", hallOn},
		{"articles are optional", "turn on hall light", hallOn},
		{"a possessive is an article", "turn on my hall light", hallOn},
		{"no phrase, but every word of it", "turn the lights on in the hall", hallOn},
		{"not is never ignored", "don't turn on the hall light", "Do you mean set_light?"},
		{"a question is no order", "is the hall light on?", "Do you mean set_light?"},
		{"any article will do", "turn on a hall light", hallOn},
		{"an article more does not matter", "turn the hall light the on", hallOn},
		{"a plural is the same word", "turn on the hall lights", hallOn},
		{"slots in another order are another phrase", "turn the hall light on", hallOn},
		{"an enum value of two words, spelled as in the enum", "turn off the living room light", `set_light {"on":false,"room":"Living Room"}`},
		{"a hyphen in an enum value", "turn off the living-room light", `set_light {"on":false,"room":"Living Room"}`},
		{"a boolean slot takes no other word", "turn purple the hall light", "on: yes or no?"},
		{"a value that is not in the enum is asked for", "turn on the attic light", "Which room: kitchen, hall or Living Room?"},
		{"a number with a fraction", "set the heating to 21.5 degrees", `set_temperature {"degrees":21.5}`},
		{"a number below zero", "set the heating to -3 degrees", `set_temperature {"degrees":-3}`},
		{"minus as a word", "set the heating to minus 3 degrees", `set_temperature {"degrees":-3}`},
		{"a number with its unit attached", "set the heating to 21°C degrees", `set_temperature {"degrees":21}`},
		{"a number as a word", "set the heating to twenty degrees", `set_temperature {"degrees":20}`},
		{"zeros in front are no JSON", "set the heating to 007 degrees", `set_temperature {"degrees":7}`},
		{"an optional parameter in the phrase", "make it 18 degrees in the kitchen", `set_temperature {"degrees":18,"room":"kitchen"}`},
		{"an integer", "again 3 times", `repeat_it {"times":3}`},
		{"an integer refuses a fraction", "again 3.5 times", "I did not understand that."},
		{"a whole number written with a fraction", "again 3.0 times", `repeat_it {"times":3}`},
		{"a string keeps case and spelling", "remind me to call Anna-Lena (O’Neil), ASAP", `remind {"text":"call Anna-Lena (O’Neil), ASAP"}`},
		{"a string before a literal takes as little as fits", "remember the milk for 2 for 3 days", `remind {"days":"2 for 3","text":"the milk"}`},
		{"a string may contain and when the whole fits", "remind me to buy milk and bread", `remind {"text":"buy milk and bread"}`},
		{"a boolean named for its state means it", "the blinds should be closed", `shades {"closed":true}`},
		{"and its opposite the opposite", "the blinds should be open", `shades {"closed":false}`},
		{"but yes is yes", "the blinds should be yes", `shades {"closed":true}`},
		{"a list", "buy milk, eggs and bread", `shopping {"items":["milk","eggs","bread"]}`},
		{"a list before a literal", "put milk and eggs on the list", `shopping {"items":["milk","eggs"]}`},
		{"a contraction", "what's the time", `get_time {}`},
		{"filler that the phrase has too", "the time", `get_time {}`},
		{"minute is minutes", "remember tea for 1 day", `remind {"days":"1","text":"tea"}`},
		{"words between phrase words are not filler", "what time is it in Rome", "Do you mean get_time?"},
		{"the name, without a phrase", "time?", `get_time {}`},
	} {
		if got := show(decide(row.say, house(), nil)); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestOneSentenceAsksForSeveralTools(t *testing.T) {
	const hallOn, time = `set_light {"on":true,"room":"hall"}`, `get_time {}`
	for _, row := range []struct{ why, say, want string }{
		{"and", "turn on the hall light and tell me the time", hallOn + " | " + time},
		{"the order is the sentence's", "tell me the time and turn on the hall light", time + " | " + hallOn},
		{"then, with a comma", "turn on the hall light, then tell me the time please", hallOn + " | " + time},
		{"also", "turn on the hall light also what time is it", hallOn + " | " + time},
		{"a semicolon", "turn on the hall light; what time is it", hallOn + " | " + time},
		{"two sentences", "Turn on the hall light. What time is it?", hallOn + " | " + time},
		{"a comma without a space", "what time is it,turn on the hall light", time + " | " + hallOn},
		{"three", "what time is it, turn on the hall light and set the heating to 20 degrees", time + " | " + hallOn + ` | set_temperature {"degrees":20}`},
		{"a string with and inside, in the middle", "what time is it and remind me to buy milk and bread", time + ` | remind {"text":"buy milk and bread"}`},
		{"the end of the phrase carries over", "turn on the hall light and the kitchen light", hallOn + ` | set_light {"on":true,"room":"kitchen"}`},
		{"and once more", "turn on the hall light, the kitchen light and the living room light", hallOn + ` | set_light {"on":true,"room":"kitchen"} | set_light {"on":true,"room":"Living Room"}`},
		{"what is not understood is named", "turn on the hall light and dance a tango", hallOn + ` | I did not understand "dance a tango".`},
		{"as one thing", "turn on the hall light and dance and sing", hallOn + ` | I did not understand "dance and sing".`},
		{"wherever it stands", "dance a tango and turn on the hall light", hallOn + ` | I did not understand "dance a tango".`},
		{"a part without a phrase goes by the name", "turn on the hall light and set the temperature to 19", hallOn + ` | set_temperature {"degrees":19}`},
		{"a part that lacks something is asked about", "what time is it and set the temperature", time + " | Which degrees? I need a number."},
		{"a farewell at the end", "turn on the hall light and goodbye", hallOn + " | Goodbye! | [end]"},
		{"filler alone is no part", "please, turn on the hall light, and, thanks", hallOn},
	} {
		if got := show(decide(row.say, house(), nil)); got != row.want {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestPhrasesCompete(t *testing.T) {
	specs := []*tool.Spec{
		{Name: "play_song", Phrases: []string{"play {song}"}},
		{Name: "play_radio", Phrases: []string{"play {station}"}, Parameters: object("station", str("jazz", "rock"))},
		{Name: "play_game", Phrases: []string{"play the game {game}"}},
		{Name: "first", Phrases: []string{"lights out"}},
		{Name: "second", Phrases: []string{"lights out"}},
		{Name: "anything", Phrases: []string{"{text}"}},
		{Name: "guess", Phrases: []string{"{n}"}, Parameters: object("n", typed("integer"))},
	}
	for _, row := range []struct{ why, say, want string }{
		{"more literal words win", "play the game chess", `play_game {"game":"chess"}`},
		{"a typed slot is surer than a string", "play jazz", `play_radio {"station":"jazz"}`},
		{"the string takes the rest", "play Take Five", `play_song {"song":"Take Five"}`},
		{"equals go to the first that was registered", "lights out", `first {}`},
		{"a phrase that fits anything comes last", "what a day", `anything {"text":"what a day"}`},
		{"even after a greeting", "hello", `Hello! `},
		{"a slot alone with a type is a phrase", "42", `guess {"n":42}`},
	} {
		if got := show(decide(row.say, specs, nil)); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestToolsAreFoundByWhatTheyAreAbout(t *testing.T) {
	specs := []*tool.Spec{
		{Name: "get_weather", Description: "Current weather for a city", Parameters: object("city", str())},
		{Name: "set-volume", Description: "How loud the sound is", Parameters: object("percent", typed("integer"))},
		{Name: "lockDoor", Description: "Lock the front door"},
		{Name: "getStatus", Description: "State of the coffee machine"},
		{Name: "turn_off_pump", Description: "Stop the pump in the garden"},
		{Name: "test_sensor", Description: "Value of the sensor in the garden"},
		{Name: "calibrate_sensor", Description: "Start over with the sensor in the garden"},
		{Name: "stop"},
		{Name: "weekly_report", Description: "A report of the week"},
		{Name: "move", Parameters: object("to", object("x", typed("number")))},
	}
	for _, row := range []struct{ why, say, want string }{
		{"a name without its verb", "status", `getStatus {}`},
		{"its words in a sentence", "can you show me the status of the coffee machine?", `getStatus {}`},
		{"a number found anywhere", "volume 30 please", `set-volume {"percent":30}`},
		{"a missing string is asked for", "what is the weather like", "Which city?"},
		{"a missing number is asked for", "set the volume", "Which percent? I need a whole number."},
		{"a name that is small talk elsewhere", "stop", `stop {}`},
		{"camel case has words too", "please lock the front door", `lockDoor {}`},
		{"the opposite is not meant", "unlock the front door", "I did not understand that."},
		{"nor is the thing alone", "the door", "I did not understand that."},
		{"a state in the name has to be said", "turn on the pump", "I did not understand that."},
		{"and then it is meant", "turn off the pump", `turn_off_pump {}`},
		{"two that fit equally are offered", "the sensor in the garden", "Do you mean test_sensor or calibrate_sensor?"},
		{"one that was named is called", "calibrate the sensor", `calibrate_sensor {}`},
		{"half a name is offered", "the report", `Do you mean weekly_report? Say "weekly report".`},
		{"a sentence about something else does nothing", "my status among the neighbours went down a lot lately", "I did not understand that."},
		{"words of a description alone do nothing", "coffee machine", "I did not understand that."},
		{"a shape no sentence has", "move", `move cannot be called from a sentence: to is missing (object). Call it exactly, as in /move {"to":{"x":5}}`},
	} {
		if got := show(decide(row.say, specs, nil)); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestQuestionIsAnsweredByTheNextSentence(t *testing.T) {
	for _, row := range []struct {
		why  string
		says []string
		want string
	}{
		{"an enum value", []string{"turn on the light", "hall"}, `set_light {"on":true,"room":"hall"}`},
		{"with words around it", []string{"turn on the light", "the one in the living room, please"}, `set_light {"on":true,"room":"Living Room"}`},
		{"two questions", []string{"light", "hall", "off"}, `set_light {"on":false,"room":"hall"}`},
		{"both in one answer", []string{"light", "the hall light, off"}, `set_light {"on":false,"room":"hall"}`},
		{"a number", []string{"set the temperature", "20"}, `set_temperature {"degrees":20}`},
		{"a string is the whole answer", []string{"remind", "to water the plants and feed Bob"}, `remind {"text":"to water the plants and feed Bob"}`},
		{"another command is another command", []string{"remind", "what time is it"}, `get_time {}`},
		{"taken back", []string{"turn on the light", "never mind"}, "All right."},
		{"no answer", []string{"turn on the light", "purple"}, "I did not understand that."},
		{"and after that the question is over", []string{"turn on the light", "purple", "hall"}, "I did not understand that."},
	} {
		var asked *question
		var got string
		for _, say := range row.says {
			p := decide(say, house(), asked)
			got, asked = show(p), p.ask
		}
		if !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.says, got, row.want)
		}
	}
}

func TestQuestionOutlivesNoTool(t *testing.T) {
	asked := decide("turn on the light", house(), nil).ask
	if got := show(decide("hall", nil, asked)); got != noTools {
		t.Errorf("got %s, want %s", got, noTools)
	}
}

func TestSmallTalk(t *testing.T) {
	many := house()
	for _, row := range []struct {
		why, say string
		specs    []*tool.Spec
		want     string
	}{
		{"a greeting", "Hello!", many, `Hello! Try "turn on the kitchen light" or "set the heating to 5 degrees", or "help" for all 7 tools.`},
		{"a greeting with filler", "hey, good morning", many, "Hello! "},
		{"thanks", "thank you very much", many, "You are welcome."},
		{"a farewell ends it", "Goodbye.", many, "Goodbye! | [end]"},
		{"a farewell with filler", "ok thanks, bye bye", many, "Goodbye! | [end]"},
		{"two farewells", "bye, see you later", many, "Goodbye! | [end]"},
		{"nothing", "  ", many, "I did not understand that. Try"},
		{"punctuation", "?!…", many, "I did not understand that. Try"},
		{"no tools", "turn on the light", nil, noTools},
		{"no tools, help", "help", nil, noTools},
		{"help", "what can you do?", many, "This is what I can do:\n- set_light: Switch a light on or off. Say \"turn on the kitchen light\"."},
		{"six suggestions at most", "juggle", many, `I did not understand that. Try "turn on the kitchen light", "set the heating to 5 degrees", "what time is it", "remind me to something", "the blinds should be closed" or "again 5 times", or "help" for all 7 tools.`},
		{"a book is not read", strings.Repeat("word ", mostWords+1), many, "That is more than I can read at once."},
	} {
		if got := show(decide(row.say, row.specs, nil)); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %.60q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestCommandsCallExactly(t *testing.T) {
	for _, row := range []struct{ why, say, want string }{
		{"arguments as JSON", `/set_light {"room": "hall", "on": false}`, `set_light {"room": "hall", "on": false}`},
		{"without a space", `/set_light{"room":"hall","on":false}`, `set_light {"room":"hall","on":false}`},
		{"no arguments", "/get_time", "get_time {}"},
		{"bad JSON", "/set_light {room: hall}", `What follows /set_light is not a JSON object (invalid character 'r' looking for beginning of object key string). For example: /set_light {"on":true,"room":"kitchen"}`},
		{"no object", "/set_light [1]", "What follows /set_light is not a JSON object"},
		{"null", "/set_light null", "What follows /set_light is not a JSON object (it is null)"},
		{"arguments the schema refuses", `/set_light {"room":"attic","on":true}`, `set_light cannot be called like that: room must be one of kitchen, hall, Living Room, not "attic". For example: /set_light`},
		{"an argument missing", `/set_light`, `set_light cannot be called like that: room is missing`},
		{"a misspelt tool", "/set_lihgt", `There is no tool called "set_lihgt". Did you mean /set_light?`},
		{"a tool like no other", "/teleport", `There is no tool called "teleport". Say /tools for those there are.`},
		{"the list", "/tools", "This is what I can do:"},
		{"a slash alone", "/", "This is what I can do:"},
	} {
		if got := show(decide(row.say, house(), nil)); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestEveryExampleIsUnderstood(t *testing.T) {
	for _, spec := range append(house(), &tool.Spec{Name: "get_weather"}, &tool.Spec{Name: "set_alarm", Parameters: object("hour", typed("integer"), "label", str())}) {
		p := decide(example(spec), []*tool.Spec{spec}, nil)
		if len(p.calls) != 1 && p.ask == nil {
			t.Errorf("%s: %q: got %s", spec.Name, example(spec), show(p))
		}
		p = decide(commandExample(spec), []*tool.Spec{spec}, nil)
		if len(p.calls) != 1 {
			t.Errorf("%s: %q: got %s", spec.Name, commandExample(spec), show(p))
		}
	}
}
