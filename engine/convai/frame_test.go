package convai

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseNamesTheErrorInAFrame(t *testing.T) {
	for _, test := range []struct{ why, frame, want string }{
		{"empty", ``, "unexpected end of JSON input"},
		{"blank", " \n", "unexpected end of JSON input"},
		{"no object", `[1]`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"a string", `"ping"`, "not a JSON object"},
		{"cut short", `{"type":"ping","ping_event":{"event_id":1}`, "unexpected end of JSON input"},
		{"cut inside a string", `{"type":"ping","ping_ev`, "unexpected end of JSON input"},
		{"two objects", `{"type":"ping","ping_event":{"event_id":1}}{}`, "invalid character '{' after top-level value"},
		{"brackets that do not match", `{"type":"ping","ping_event":{"event_id":1]}`, "invalid character ']' after object key:value pair"},
		{"invalid JSON in a member that is ignored", `{"type":"ping","x":tru,"ping_event":{"event_id":1}}`, "invalid character ',' in literal true (expecting 'e')"},
		{"invalid JSON in a member that occurs twice", `{"type":"ping","ping_event":{1},"ping_event":{"event_id":1}}`, "invalid character '1' looking for beginning of object key string"},
		{"invalid JSON in a message of an unknown type", `{"type":"new","new_event":{1}}`, "invalid character '1' looking for beginning of object key string"},
		{"a trailing comma", `{"type":"ping",}`, "invalid character '}' looking for beginning of object key string"},
		{"no value", `{"type":}`, "invalid character '}' looking for beginning of value"},
		{"neither a type nor an envelope", `{"event_id":1}`, "no type"},
		{"a type that is not a string", `{"type":7}`, "type is not a string"},
	} {
		frame, err := Parse([]byte(test.frame))
		if err == nil {
			t.Errorf("%s: got %+v, want an error", test.why, frame)
		} else if err.Error() != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.why, err, test.want)
		}
	}
}

func TestParseClientNamesTheErrorInAFrame(t *testing.T) {
	for _, test := range []struct{ why, frame, want string }{
		{"neither a type nor sound", `{"text":"a"}`, "no type"},
		{"a result that is not a string", `{"type":"client_tool_result","tool_call_id":"c","result":{"a":1},"is_error":false}`, "client_tool_result: result: got object, want string"},
		{"an id that is not a number", `{"type":"pong","event_id":"a"}`, "pong: event_id: got string, want integer"},
		{"sound that is not a string", `{"user_audio_chunk":{}}`, "user_audio_chunk: user_audio_chunk: got object, want string"},
		{"sound that is not base64", `{"user_audio_chunk":"!"}`, "user_audio_chunk: illegal base64 data at input byte 0"},
		{"a part that is not an object", `{"type":"multimodal_message","text":"hello"}`, "multimodal_message: text: got string, want object"},
	} {
		_, err := ParseClient([]byte(test.frame))
		if err == nil || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", test.why, err, test.want)
		}
	}
}

func TestParseAcceptsMissingFields(t *testing.T) {
	for _, test := range []struct {
		why, frame string
		want       Message
	}{
		{"formats", `{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{"conversation_id":"c"}}`,
			&ConversationInitiationMetadata{"c", "pcm_16000", "pcm_16000"}},
		{"no latency yet", `{"type":"ping","ping_event":{"event_id":3,"ping_ms":null}}`, &Ping{EventID: 3}},
		{"nothing but the type", `{"type":"guardrail_triggered"}`, &GuardrailTriggered{}},
		{"an empty event", `{"type":"external_agent_connected","external_agent_connected_event":null}`, &ExternalAgentConnected{}},
		{"null instead of a text", `{"type":"error","error_event":{"code":1002,"reason":null,"error_type":null}}`, &ServerError{Code: 1002}},
		{"an error without its envelope", `{"type":"error","message":"received 1002 (protocol error)"}`, &ServerError{Message: "received 1002 (protocol error)"}},
		{"the type at the end", `{"interruption_event":{"event_id":3},"type":"interruption"}`, &Interruption{3}},
		{"unknown members", `{"type":"interruption","at":[{"a":"}\"]"}],"interruption_event":{"event_id":3,"by":{}}}`, &Interruption{3}},
		{"white space", " {\n\t\"type\" : \"interruption\" ,\r\n\"interruption_event\" : { \"event_id\" : 3 } } \n", &Interruption{3}},
		{"an envelope but no type", `{"interruption_event":{"event_id":3}}`, &Interruption{3}},
		{"a type that is null", `{"type":null,"interruption_event":{"event_id":3}}`, &Interruption{3}},
		{"no envelope", `{"type":"interruption"}`, &Interruption{}},
		{"an envelope that is null", `{"type":"interruption","interruption_event":null}`, &Interruption{}},
		{"an envelope that is not an object", `{"type":"agent_response","agent_response_event":[1]}`, &AgentResponse{}},
		{"a number with a fraction of zero", `{"type":"agent_response","agent_response_event":{"agent_response":"a","event_id":5.0}}`, &AgentResponse{"a", 5}},
		{"a number as text", `{"type":"agent_response","agent_response_event":{"agent_response":"a","event_id":" 7 "}}`, &AgentResponse{"a", 7}},
		{"a text that is no number", `{"type":"agent_response","agent_response_event":{"agent_response":"a","event_id":"x"}}`, &AgentResponse{"a", 0}},
		{"a text as number", `{"type":"agent_response","agent_response_event":{"agent_response":12,"event_id":7}}`, &AgentResponse{"12", 7}},
		{"an integer that is too large", `{"type":"interruption","interruption_event":{"event_id":1e30}}`, &Interruption{}},
		{"a fraction", `{"type":"ping","ping_event":{"event_id":1,"ping_ms":30.5}}`, &Ping{1, new(30)}},
		{"a round trip that is not a number", `{"type":"ping","ping_event":{"event_id":1,"ping_ms":[]}}`, &Ping{1, nil}},
		{"a number as text where a fraction is possible", `{"type":"vad_score","vad_score_event":{"vad_score":"0.5"}}`, &VADScore{0.5}},
		{"NaN and Infinity, as Python writes them", `{"type":"context_usage","context_usage_event":{"event_id":NaN,"context_tokens":-Infinity,"model":"NaN \" Infinity"}}`, &ContextUsage{Model: `NaN " Infinity`}},
		{"a boolean as text", `{"type":"agent_typing","agent_typing_event":{"is_typing":"True"}}`, &AgentTyping{IsTyping: true}},
		{"times with a fraction", `{"type":"audio","audio_event":{"audio_base_64":"AAA=","event_id":1,"alignment":{"chars":["a","b"],"char_start_times_ms":[0,46.4],"char_durations_ms":"x"}}}`,
			&Audio{Sound: []byte{0, 0}, EventID: 1, Alignment: &Alignment{Chars: []string{"a", "b"}, StartsMS: []int{0, 46}}}},
		{"an alignment that is not an object", `{"type":"audio","audio_event":{"audio_base_64":"AAA=","event_id":1,"alignment":"x"}}`,
			&Audio{Sound: []byte{0, 0}, EventID: 1, Alignment: new(Alignment)}},
		{"base64 for URLs, without padding", `{"type":"audio","audio_event":{"audio_base_64":"-_-_AA","event_id":1}}`,
			&Audio{Sound: []byte{0xfb, 0xff, 0xbf, 0}, EventID: 1}},
		{"base64 in lines", `{"type":"audio","audio_event":{"audio_base_64":"AAAA\r\nAAA=\n","event_id":1}}`,
			&Audio{Sound: make([]byte, 5), EventID: 1}},
		{"sound that is not base64", `{"type":"audio","audio_event":{"audio_base_64":"!","event_id":1}}`, &Audio{EventID: 1}},
		{"a call without the name of the tool", `{"type":"client_tool_call","client_tool_call":{"tool_call_id":"c"}}`, &ClientToolCall{ToolCallID: "c"}},
		{"a call whose id is a number", `{"type":"client_tool_call","client_tool_call":{"tool_name":"a","tool_call_id":12,"expects_response":"no"}}`, &ClientToolCall{ToolName: "a", ToolCallID: "12"}},
		{"escapes", `{"t\u0079pe":"interr\u0075ption","interruption_event":{"event_id":3}}`, &Interruption{3}},
	} {
		frame, err := Parse([]byte(test.frame))
		if err != nil {
			t.Errorf("%s: %v", test.why, err)
		} else if !reflect.DeepEqual(frame.Message, test.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", test.why, frame.Message, test.want)
		}
	}
}

func TestParseClientAcceptsNumbersInAnotherForm(t *testing.T) {
	for _, id := range []string{"5", "5.0", `"5"`} {
		frame, err := ParseClient([]byte(`{"type":"pong","event_id":` + id + `}`))
		if err != nil || !reflect.DeepEqual(frame.Message, &Pong{5}) {
			t.Errorf("%s: got %+v, %v", id, frame.Message, err)
		}
	}
}

// bends are JSON values that may stand in the place of any field.
var bends = map[string]string{
	"a fraction": "2.5", "a text": `"abc"`, "a number as text": `"5"`, "an empty text": `""`, "null": "null",
	"an array": "[1]", "an object": `{"a":1}`, "true": "true", "a huge number": "1e400", "a large number": "1e30",
	"NaN": "NaN",
}

// TestAFieldOfAnotherTypeDoesNotAffectTheOtherFields replaces and removes each field of each message
// in turn, also fields inside other fields.
func TestAFieldOfAnotherTypeDoesNotAffectTheOtherFields(t *testing.T) {
	frames := 0
	for _, g := range goldens(t) {
		if !g.server {
			continue
		}
		whole := value(t, g.frame).(map[string]any)
		text, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		right, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		key := serverTable.byName[right.Type].key
		check := func(why, top string) {
			t.Helper()
			frames++
			text, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			text = bytes.ReplaceAll(text, []byte(`"\u0000NaN"`), []byte("NaN"))
			text = bytes.ReplaceAll(text, []byte(`"\u00001e400"`), []byte("1e400"))
			frame, err := Parse(text)
			if err != nil || frame.Type != right.Type || frame.Message == nil {
				t.Errorf("%s, %s: got %+v, %v from %s", g.name, why, frame, err, text)
				return
			}
			got, want := flatten(frame.Message), flatten(right.Message)
			for name := range want {
				if name != top && top != key && !reflect.DeepEqual(got[name], want[name]) {
					t.Errorf("%s, %s: %s is %v, want %v from %s", g.name, why, name, got[name], want[name], text)
				}
			}
		}
		for name := range whole {
			top := name
			if name == "type" {
				// A message without its type is recognised by its envelope. The types error and
				// client_error have the same envelope.
				if key == "" || whole[key] == nil || right.Type == "client_error" {
					continue
				}
			}
			bend(whole, name, "", func(why string) {
				if name == "type" && strings.Contains(why, "text") {
					return // any other text is another type
				}
				check(why, top)
			})
		}
		inner, _ := whole[key].(map[string]any)
		for name := range inner {
			top := name
			bend(inner, name, "", func(why string) { check(why, top) })
			if nested, ok := inner[name].(map[string]any); ok {
				for field := range nested {
					bend(nested, field, name+".", func(why string) { check(why, top) })
				}
			}
		}
	}
	if frames < 1000 {
		t.Errorf("only %d frames were parsed", frames)
	}
}

// bend calls check for each of bends in the place of the member of object with this name, and for
// the object without this member. It then restores the member. prefix stands before the name in the
// text that check gets.
func bend(object map[string]any, name, prefix string, check func(why string)) {
	original := object[name]
	for why, text := range bends {
		object[name] = json.RawMessage(text)
		if text == "NaN" || text == "1e400" { // json.Marshal refuses or changes these
			object[name] = "\x00" + text
		}
		check(prefix + name + " is " + why)
	}
	delete(object, name)
	check(prefix + name + " is missing")
	object[name] = original
}

// flatten returns the fields of a message by their JSON names.
func flatten(m Message) map[string]any {
	all := make(map[string]any)
	var add func(v reflect.Value)
	add = func(v reflect.Value) {
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Anonymous {
				add(v.Field(i))
			} else {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				all[name] = v.Field(i).Interface()
			}
		}
	}
	add(reflect.ValueOf(m).Elem())
	return all
}

func TestAnUnknownTypeIsAFrameWithoutAMessage(t *testing.T) {
	const text = `{"type":"dtmf_request","dtmf_event":{"digits":"12#"}}`
	frame, err := Parse([]byte(text))
	if err != nil || frame.Type != "dtmf_request" || frame.Message != nil || string(frame.Inner) != text {
		t.Errorf("got %+v, %v", frame, err)
	}
}

func TestInnerIsTheMessageWithoutItsEnvelope(t *testing.T) {
	for _, test := range []struct{ frame, want string }{
		{`{"type":"ping","ping_event": {"event_id": 1} }`, `{"event_id": 1}`},
		{`{"type":"guardrail_triggered"}`, `{}`},
		{`{"type":"external_agent_connected","external_agent_connected_event":null}`, `{}`},
	} {
		frame, err := Parse([]byte(test.frame))
		if err != nil || string(frame.Inner) != test.want {
			t.Errorf("%s: got %s, %v", test.frame, frame.Inner, err)
		}
	}
	const flat = `{"type":"pong","event_id":1}`
	if frame, err := ParseClient([]byte(flat)); err != nil || string(frame.Inner) != flat {
		t.Errorf("%s: got %s, %v", flat, frame.Inner, err)
	}
}

func TestMarshalRefusesOtherMessages(t *testing.T) {
	if _, err := Marshal(nil); err == nil {
		t.Error("nil was marshalled")
	}
	if _, err := Marshal(otherMessage{}); err == nil || err.Error() != "weather: not a message of this protocol" {
		t.Errorf("got %v", err)
	}
	_, err := Marshal(&ClientToolCall{ToolName: "a", Parameters: json.RawMessage("{")})
	if err == nil || !strings.HasPrefix(err.Error(), "client_tool_call: ") {
		t.Errorf("got %v", err)
	}
}

// An otherMessage is a Message that does not belong to the protocol.
type otherMessage struct{}

func (otherMessage) MessageType() string { return "weather" }

func TestMarshalWritesOneReadableLine(t *testing.T) {
	got, err := Marshal(&ClientToolResult{ToolCallID: "c", Result: "a <b> & c\n"})
	want := `{"type":"client_tool_result","tool_call_id":"c","result":"a <b> & c\n","is_error":false}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

func TestParseDecodesSoundFromBase64(t *testing.T) {
	frame, err := Parse([]byte(`{"type":"audio","audio_event":{"audio_base_64":"AAD\/fwCA","event_id":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := frame.Message.(*Audio).Sound, []byte{0, 0, 0xff, 0x7f, 0, 0x80}; !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}

func TestAResultIsExpectedUnlessTheServerSaysNo(t *testing.T) {
	for _, test := range []struct {
		said *bool
		want bool
	}{{nil, true}, {new(true), true}, {new(false), false}} {
		if got := (&ClientToolCall{ToolCallID: "c", ExpectsResponse: test.said}).WantsResult(); got != test.want {
			t.Errorf("%v: got %v", test.said, got)
		}
	}
}

func FuzzParse(f *testing.F) { fuzz(f, Parse) }

func FuzzParseClient(f *testing.F) { fuzz(f, ParseClient) }

// fuzz runs a fuzz test of parse, which is Parse or ParseClient. It checks three things. Everything
// that parse accepts is valid JSON. If parse returns a syntax error, the text is not valid JSON. A
// message stays the same when it is encoded and parsed again.
func fuzz(f *testing.F, parse func([]byte) (Frame, error)) {
	for _, g := range goldens(f) {
		f.Add(g.frame)
	}
	f.Add([]byte(`{"type":"new","a\"b":["}\\"],"c":1e9}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		frame, err := parse(text)
		notFinite := bytes.Contains(text, []byte("NaN")) || bytes.Contains(text, []byte("Infinity"))
		if err != nil {
			if syntax := (*json.SyntaxError)(nil); json.Valid(text) && errors.As(err, &syntax) {
				t.Fatalf("%v, although it is JSON: %q", err, text)
			}
			return
		}
		if !json.Valid(text) && !notFinite || !json.Valid(frame.Inner) {
			t.Fatalf("parsed although it is not JSON: %q", text)
		}
		if frame.Message == nil {
			return
		}
		once, err := Marshal(frame.Message)
		if err != nil {
			t.Fatalf("%v: %q", err, text)
		}
		frame, err = parse(once)
		if err != nil {
			t.Fatalf("%v: %q, from %q", err, once, text)
		}
		if twice, err := Marshal(frame.Message); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%q became %q, %v", once, twice, err)
		}
	})
}

func BenchmarkParseClientToolCall(b *testing.B) {
	frame := []byte(`{"type":"client_tool_call","client_tool_call":{"tool_name":"set_light","tool_call_id":"toolu_01A09q90qw90lq917835lq9","parameters":{"room":"kitchen","on":true},"event_id":9,"expects_response":true}}`)
	benchmarkParse(b, frame)
}

func BenchmarkParsePing(b *testing.B) {
	benchmarkParse(b, []byte(`{"type":"ping","ping_event":{"event_id":12,"ping_ms":48}}`))
}

// BenchmarkParseAudio measures how long parsing two seconds of sound at 16 kHz takes.
func BenchmarkParseAudio(b *testing.B) {
	benchmarkParse(b, []byte(`{"type":"audio","audio_event":{"audio_base_64":"`+strings.Repeat("AAAA", 64000/3)+`","event_id":9}}`))
}

func benchmarkParse(b *testing.B, frame []byte) {
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(frame); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshalClientToolResult(b *testing.B) {
	m := &ClientToolResult{ToolCallID: "toolu_01A09q90qw90lq917835lq9", Result: `{"room":"kitchen","on":true}`}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Marshal(m); err != nil {
			b.Fatal(err)
		}
	}
}
