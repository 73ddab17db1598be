package phrases

import (
	"strings"
	"testing"

	"moonlark/engine/tool"
)

func str(enum ...string) *tool.Schema { return &tool.Schema{Type: "string", Enum: enum} }

func typed(t string) *tool.Schema { return &tool.Schema{Type: t} }

// object returns the parameters of a tool; nameAndSchema holds a name and a schema for each
// parameter. A parameter is required unless its name ends in "?".
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

// homeTools returns the tools of a script with phrases and with parameters of every type.
func homeTools() []*tool.Spec {
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

// show returns a plan as text: the tool calls, what the agent says, and "[hang up]" if it hangs up.
func show(p plan) string {
	var parts []string
	for _, c := range p.calls {
		parts = append(parts, c.Tool.Name+" "+string(c.Arguments))
	}
	if p.say != "" {
		parts = append(parts, p.say)
	}
	if p.hangUp {
		parts = append(parts, "[hang up]")
	}
	return strings.Join(parts, " | ")
}

func TestSentencesBecomeCalls(t *testing.T) {
	const hallOn = `set_light {"on":true,"room":"hall"}`
	for _, row := range []struct{ why, say, want string }{
		{"a phrase word by word", "turn on the hall light", hallOn},
		{"case and punctuation do not matter", "Turn ON the HALL light!", hallOn},
		{"filler words at both ends do not matter", "hey, could you please turn on the hall light now, thanks", hallOn},
		{"articles are optional", "turn on hall light", hallOn},
		{"a possessive is an article", "turn on my hall light", hallOn},
		{"no phrase, but the name and all arguments", "turn the lights on in the hall", hallOn},
		{"a sentence with not calls no tool", "don't turn on the hall light", "Do you mean set_light?"},
		{"a yes-or-no question calls no tool", "is the hall light on?", "Do you mean set_light?"},
		{"an article may replace another article", "turn on a hall light", hallOn},
		{"an additional article does not matter", "turn the hall light the on", hallOn},
		{"a plural matches the singular", "turn on the hall lights", hallOn},
		{"the second phrase of a tool, with its slots in another order", "turn the hall light on", hallOn},
		{"an enum value of two words, spelled as in the enum", "turn off the living room light", `set_light {"on":false,"room":"Living Room"}`},
		{"a hyphen in an enum value", "turn off the living-room light", `set_light {"on":false,"room":"Living Room"}`},
		{"a boolean slot matches only words for true and false", "turn purple the hall light", "on: yes or no?"},
		{"the agent asks for a value if the word is not in the enum", "turn on the attic light", "Which room: kitchen, hall or Living Room?"},
		{"a number with a fraction", "set the heating to 21.5 degrees", `set_temperature {"degrees":21.5}`},
		{"a number below zero", "set the heating to -3 degrees", `set_temperature {"degrees":-3}`},
		{"minus as a word", "set the heating to minus 3 degrees", `set_temperature {"degrees":-3}`},
		{"a number with its unit attached", "set the heating to 21°C degrees", `set_temperature {"degrees":21}`},
		{"a number as a word", "set the heating to twenty degrees", `set_temperature {"degrees":20}`},
		{"leading zeros, which JSON does not allow", "set the heating to 007 degrees", `set_temperature {"degrees":7}`},
		{"an optional parameter in the phrase", "make it 18 degrees in the kitchen", `set_temperature {"degrees":18,"room":"kitchen"}`},
		{"an integer", "again 3 times", `repeat_it {"times":3}`},
		{"an integer refuses a fraction", "again 3.5 times", "I did not understand that."},
		{"a whole number written with a fraction", "again 3.0 times", `repeat_it {"times":3}`},
		{"a string keeps case and spelling", "remind me to call Anna-Lena (O’Neil), ASAP", `remind {"text":"call Anna-Lena (O’Neil), ASAP"}`},
		{"text before a literal word takes as few words as possible", "remember the milk for 2 for 3 days", `remind {"days":"2 for 3","text":"the milk"}`},
		{"text may contain and", "remind me to buy milk and bread", `remind {"text":"buy milk and bread"}`},
		{"a boolean parameter named for a state is true in that state", "the blinds should be closed", `shades {"closed":true}`},
		{"a boolean parameter named for a state is false in the opposite state", "the blinds should be open", `shades {"closed":false}`},
		{"yes is true", "the blinds should be yes", `shades {"closed":true}`},
		{"a list", "buy milk, eggs and bread", `shopping {"items":["milk","eggs","bread"]}`},
		{"a list before a literal", "put milk and eggs on the list", `shopping {"items":["milk","eggs"]}`},
		{"a contraction", "what's the time", `get_time {}`},
		{"the user may leave out the filler words of a phrase", "the time", `get_time {}`},
		{"a singular matches the plural", "remember tea for 1 day", `remind {"days":"1","text":"tea"}`},
		{"a sentence that is only half about the tool", "what time is it in Rome", "Do you mean get_time?"},
		{"the name of a tool, not one of its phrases", "time?", `get_time {}`},
	} {
		if got := show(decide(row.say, homeTools(), nil)); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestOneSentenceAsksForSeveralTools(t *testing.T) {
	const hallOn, time = `set_light {"on":true,"room":"hall"}`, `get_time {}`
	for _, row := range []struct{ why, say, want string }{
		{"two requests joined by and", "turn on the hall light and tell me the time", hallOn + " | " + time},
		{"the calls are in the order of the sentence", "tell me the time and turn on the hall light", time + " | " + hallOn},
		{"two requests joined by a comma and then", "turn on the hall light, then tell me the time please", hallOn + " | " + time},
		{"two requests joined by also", "turn on the hall light also what time is it", hallOn + " | " + time},
		{"two requests joined by a semicolon", "turn on the hall light; what time is it", hallOn + " | " + time},
		{"two sentences", "Turn on the hall light. What time is it?", hallOn + " | " + time},
		{"a comma without a space", "what time is it,turn on the hall light", time + " | " + hallOn},
		{"three requests", "what time is it, turn on the hall light and set the heating to 20 degrees", time + " | " + hallOn + ` | set_temperature {"degrees":20}`},
		{"text with and in it, after another request", "what time is it and remind me to buy milk and bread", time + ` | remind {"text":"buy milk and bread"}`},
		{"the second request repeats only the end of the phrase", "turn on the hall light and the kitchen light", hallOn + ` | set_light {"on":true,"room":"kitchen"}`},
		{"two requests repeat only the end of the phrase", "turn on the hall light, the kitchen light and the living room light", hallOn + ` | set_light {"on":true,"room":"kitchen"} | set_light {"on":true,"room":"Living Room"}`},
		{"the agent says which part it did not understand", "turn on the hall light and dance a tango", hallOn + ` | I did not understand "dance a tango".`},
		{"two neighbouring parts that are not understood are one part", "turn on the hall light and dance and sing", hallOn + ` | I did not understand "dance and sing".`},
		{"unknown words at the beginning", "dance a tango and turn on the hall light", hallOn + ` | I did not understand "dance a tango".`},
		{"a request that no phrase fits is found by the name of a tool", "turn on the hall light and set the temperature to 19", hallOn + ` | set_temperature {"degrees":19}`},
		{"the agent asks for a missing argument of the second request", "what time is it and set the temperature", time + " | Which degrees? I need a number."},
		{"a farewell at the end", "turn on the hall light and goodbye", hallOn + " | Goodbye! | [hang up]"},
		{"filler words alone are not a request", "please, turn on the hall light, and, thanks", hallOn},
	} {
		if got := show(decide(row.say, homeTools(), nil)); got != row.want {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestBestPhraseIsChosen(t *testing.T) {
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
		{"the phrase with more literal words is chosen", "play the game chess", `play_game {"game":"chess"}`},
		{"a phrase with an enum slot is chosen over a phrase with free text", "play jazz", `play_radio {"station":"jazz"}`},
		{"free text matches what the enum does not contain", "play Take Five", `play_song {"song":"Take Five"}`},
		{"the first of two equal phrases is chosen", "lights out", `first {}`},
		{"a phrase that fits anything is used if nothing else fits", "what a day", `anything {"text":"what a day"}`},
		{"small talk comes before a phrase that fits anything", "hello", `Hello! `},
		{"a phrase may be a single integer slot", "42", `guess {"n":42}`},
	} {
		if got := show(decide(row.say, specs, nil)); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestFreeTextEndsWhereAnotherRequestBegins(t *testing.T) {
	specs := append(homeTools(), &tool.Spec{Name: "play_song", Phrases: []string{"play {song}"}})
	const hallOff = `set_light {"on":false,"room":"hall"}`
	for _, row := range []struct{ why, say, want string }{
		{"another phrase after and", "play jazz and turn off the hall light", `play_song {"song":"jazz"} | ` + hallOff},
		{"another phrase after a comma", "play Take Five, then turn off the hall light", `play_song {"song":"Take Five"} | ` + hallOff},
		{"two more phrases", "play jazz and turn off the hall light and tell me the time", `play_song {"song":"jazz"} | ` + hallOff + ` | get_time {}`},
		{"two sentences", "Remind me to call Bob. What time is it?", `remind {"text":"call Bob"} | get_time {}`},
		{"small talk after a comma", "play Hello, Goodbye", `play_song {"song":"Hello, Goodbye"}`},
		{"no phrase after and", "play rock and roll", `play_song {"song":"rock and roll"}`},
		{"no phrase after a comma", "play Hello, Goodbye by the Beatles", `play_song {"song":"Hello, Goodbye by the Beatles"}`},
		{"only the end of a phrase after and", "play jazz and the hall light", `play_song {"song":"jazz and the hall light"}`},
	} {
		if got := show(decide(row.say, specs, nil)); got != row.want {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestHelperVerbsTellToolsApart(t *testing.T) {
	specs := []*tool.Spec{
		{Name: "get_volume", Description: "How loud the sound is"},
		{Name: "set_volume", Description: "Make the sound louder or quieter", Parameters: object("percent", typed("integer"))},
	}
	for _, row := range []struct{ why, say, want string }{
		{"a question means get", "what is the volume?", "get_volume {}"},
		{"the user says get", "get me the volume", "get_volume {}"},
		{"the user says set", "set the volume to 30", `set_volume {"percent":30}`},
		{"the user says no helper verb", "the volume", "Do you mean get_volume or set_volume?"},
	} {
		if got := show(decide(row.say, specs, nil)); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestToolsAreFoundByTheirNames(t *testing.T) {
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
		{"the words of a name in a sentence", "can you show me the status of the coffee machine?", `getStatus {}`},
		{"a number anywhere in the sentence", "volume 30 please", `set-volume {"percent":30}`},
		{"the agent asks for a missing string", "what is the weather like", "Which city?"},
		{"the agent asks for a missing number", "set the volume", "Which percent? I need a whole number."},
		{"a name that would be small talk without the tool", "stop", `stop {}`},
		{"a name in camel case", "please lock the front door", `lockDoor {}`},
		{"the opposite of the name", "unlock the front door", "I did not understand that."},
		{"half of a name, without the state lock", "the door", "I did not understand that."},
		{"half of a name, without the state off", "turn on the pump", "I did not understand that."},
		{"a name with the state off", "turn off the pump", `turn_off_pump {}`},
		{"the agent offers tools that match equally well", "the sensor in the garden", "Do you mean test_sensor or calibrate_sensor?"},
		{"the tool whose whole name was said is called", "calibrate the sensor", `calibrate_sensor {}`},
		{"the agent offers a tool if half of its name was said", "the report", `Do you mean weekly_report? Say "weekly report".`},
		{"a sentence about something else calls no tool", "my status among the neighbours went down a lot lately", "I did not understand that."},
		{"only words of the description", "coffee machine", "I did not understand that."},
		{"an argument that no sentence can express", "move", `move cannot be called from a sentence: to is missing (object). Call it exactly, as in /move {"to":{"x":5}}`},
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
		{"an enum value with other words around it", []string{"turn on the light", "the one in the living room, please"}, `set_light {"on":true,"room":"Living Room"}`},
		{"the agent asks two questions", []string{"light", "hall", "off"}, `set_light {"on":false,"room":"hall"}`},
		{"one answer to both questions", []string{"light", "the hall light, off"}, `set_light {"on":false,"room":"hall"}`},
		{"a number", []string{"set the temperature", "20"}, `set_temperature {"degrees":20}`},
		{"the whole answer is the free text", []string{"remind", "to water the plants and feed Bob"}, `remind {"text":"to water the plants and feed Bob"}`},
		{"a phrase instead of an answer", []string{"remind", "what time is it"}, `get_time {}`},
		{"the user cancels the request", []string{"turn on the light", "never mind"}, "All right."},
		{"a sentence that is no answer", []string{"turn on the light", "purple"}, "I did not understand that."},
		{"an answer after another sentence comes too late", []string{"turn on the light", "purple", "hall"}, "I did not understand that."},
	} {
		var asked *question
		var got string
		for _, say := range row.says {
			p := decide(say, homeTools(), asked)
			got, asked = show(p), p.question
		}
		if !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.says, got, row.want)
		}
	}
}

func TestQuestionIsDroppedWhenItsToolIsGone(t *testing.T) {
	asked := decide("turn on the light", homeTools(), nil).question
	if got := show(decide("hall", nil, asked)); got != noTools {
		t.Errorf("got %s, want %s", got, noTools)
	}
}

func TestSmallTalkIsAnswered(t *testing.T) {
	many := homeTools()
	for _, row := range []struct {
		why, say string
		specs    []*tool.Spec
		want     string
	}{
		{"a greeting", "Hello!", many, `Hello! Try "turn on the kitchen light" or "set the heating to 5 degrees", or "help" for all 7 tools.`},
		{"a greeting with filler words", "hey, good morning", many, "Hello! "},
		{"thanks", "thank you very much", many, "You are welcome."},
		{"a farewell ends the conversation", "Goodbye.", many, "Goodbye! | [hang up]"},
		{"a farewell with filler words", "ok thanks, bye bye", many, "Goodbye! | [hang up]"},
		{"two farewells", "bye, see you later", many, "Goodbye! | [hang up]"},
		{"only spaces", "  ", many, "I did not understand that. Try"},
		{"only punctuation", "?!…", many, "I did not understand that. Try"},
		{"no tools", "turn on the light", nil, noTools},
		{"help without tools", "help", nil, noTools},
		{"help", "what can you do?", many, "This is what I can do:\n- set_light: Switch a light on or off. Say \"turn on the kitchen light\"."},
		{"the agent makes at most six suggestions", "juggle", many, `I did not understand that. Try "turn on the kitchen light", "set the heating to 5 degrees", "what time is it", "remind me to something", "the blinds should be closed" or "again 5 times", or "help" for all 7 tools.`},
		{"a sentence that is too long", strings.Repeat("word ", maxWords+1), many, "That is more than I can read at once."},
	} {
		if got := show(decide(row.say, row.specs, nil)); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %.60q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestSlashCommandsCallTools(t *testing.T) {
	for _, row := range []struct{ why, say, want string }{
		{"arguments as JSON", `/set_light {"room": "hall", "on": false}`, `set_light {"room": "hall", "on": false}`},
		{"no space before the arguments", `/set_light{"room":"hall","on":false}`, `set_light {"room":"hall","on":false}`},
		{"no arguments", "/get_time", "get_time {}"},
		{"arguments that are not JSON", "/set_light {room: hall}", `What follows /set_light is not a JSON object (invalid character 'r' looking for beginning of object key string). For example: /set_light {"on":true,"room":"kitchen"}`},
		{"arguments that are not an object", "/set_light [1]", "What follows /set_light is not a JSON object"},
		{"arguments that are null", "/set_light null", "What follows /set_light is not a JSON object (it is null)"},
		{"arguments that the schema does not accept", `/set_light {"room":"attic","on":true}`, `set_light cannot be called like that: room must be one of kitchen, hall, Living Room, not "attic". For example: /set_light`},
		{"a missing argument", `/set_light`, `set_light cannot be called like that: room is missing`},
		{"a misspelt tool", "/set_lihgt", `There is no tool called "set_lihgt". Did you mean /set_light?`},
		{"a name that is not similar to any tool", "/teleport", `There is no tool called "teleport". Say /tools for a list.`},
		{"the list of tools", "/tools", "This is what I can do:"},
		{"a slash alone", "/", "This is what I can do:"},
	} {
		if got := show(decide(row.say, homeTools(), nil)); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %q\n got %s\nwant %s", row.why, row.say, got, row.want)
		}
	}
}

func TestEveryExampleIsUnderstood(t *testing.T) {
	for _, spec := range append(homeTools(), &tool.Spec{Name: "get_weather"}, &tool.Spec{Name: "set_alarm", Parameters: object("hour", typed("integer"), "label", str())}) {
		p := decide(example(spec), []*tool.Spec{spec}, nil)
		if len(p.calls) != 1 && p.question == nil {
			t.Errorf("%s: %q: got %s", spec.Name, example(spec), show(p))
		}
		p = decide(commandExample(spec), []*tool.Spec{spec}, nil)
		if len(p.calls) != 1 {
			t.Errorf("%s: %q: got %s", spec.Name, commandExample(spec), show(p))
		}
	}
}
