package convai

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseSaysWhatIsWrongWithAFrame(t *testing.T) {
	for _, test := range []struct{ why, frame, want string }{
		{"empty", ``, "unexpected end of JSON input"},
		{"blank", " \n", "unexpected end of JSON input"},
		{"no object", `[1]`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"a string", `"ping"`, "not a JSON object"},
		{"cut short", `{"type":"ping","ping_event":{"event_id":1}`, "unexpected end of JSON input"},
		{"cut inside a string", `{"type":"ping","ping_ev`, "unexpected end of JSON input"},
		{"two objects", `{"type":"ping","ping_event":{"event_id":1}}{}`, "invalid character '{' after top-level value"},
		{"brackets that do not match", `{"type":"ping","ping_event":{"event_id":1]}`, "ping: invalid character ']' after object key:value pair"},
		{"nonsense in a member nobody reads", `{"type":"ping","x":tru,"ping_event":{"event_id":1}}`, "invalid character ',' in literal true (expecting 'e')"},
		{"nonsense in a member that a later one hides", `{"type":"ping","ping_event":{1},"ping_event":{"event_id":1}}`, "invalid character '1' looking for beginning of object key string"},
		{"nonsense in an unknown type", `{"type":"new","new_event":{1}}`, "invalid character '1' looking for beginning of object key string"},
		{"a comma too many", `{"type":"ping",}`, "invalid character '}' looking for beginning of object key string"},
		{"no value", `{"type":}`, "invalid character '}' looking for beginning of value"},
		{"no type", `{"ping_event":{"event_id":1}}`, "no type"},
		{"a type that is no string", `{"type":7}`, "type is not a string"},
		{"no envelope", `{"type":"agent_response","event_id":1}`, "agent_response: no agent_response_event"},
		{"an empty envelope", `{"type":"agent_response","agent_response_event":null}`, "agent_response: no agent_response_event"},
		{"an envelope with no object in it", `{"type":"agent_response","agent_response_event":[1]}`, "agent_response: got array, want object"},
		{"a field of another type", `{"type":"agent_response","agent_response_event":{"agent_response":"a","event_id":"7"}}`, "agent_response: event_id: got string, want integer"},
		{"a field within a field", `{"type":"audio","audio_event":{"alignment":{"chars":"a"}}}`, "audio: alignment.chars: got string, want array"},
		{"a fraction", `{"type":"ping","ping_event":{"event_id":1.5}}`, "ping: event_id: got number 1.5, want integer"},
		{"a call of nothing", `{"type":"client_tool_call","client_tool_call":{"tool_call_id":"c"}}`, "client_tool_call: no tool_name"},
		{"a call nobody can answer", `{"type":"client_tool_call","client_tool_call":{"tool_name":"a"}}`, "client_tool_call: no tool_call_id"},
	} {
		frame, err := Parse([]byte(test.frame))
		if err == nil {
			t.Errorf("%s: got %+v, want an error", test.why, frame)
		} else if err.Error() != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.why, err, test.want)
		}
	}
}

func TestParseClientSaysWhatIsWrongWithAFrame(t *testing.T) {
	for _, test := range []struct{ why, frame, want string }{
		{"neither a type nor sound", `{"text":"a"}`, "no type"},
		{"a result that is no string", `{"type":"client_tool_result","tool_call_id":"c","result":{"a":1},"is_error":false}`, "client_tool_result: result: got object, want string"},
		{"sound that is no string", `{"user_audio_chunk":[1,2]}`, "user_audio_chunk: user_audio_chunk: got array, want string"},
		{"a part that is no object", `{"type":"multimodal_message","text":"hello"}`, "multimodal_message: text: got string, want object"},
	} {
		_, err := ParseClient([]byte(test.frame))
		if err == nil || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", test.why, err, test.want)
		}
	}
}

func TestParseTakesWhatServersLeaveOut(t *testing.T) {
	for _, test := range []struct {
		why, frame string
		want       Message
	}{
		{"formats", `{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{"conversation_id":"c"}}`,
			&ConversationInitiationMetadata{"c", "pcm_16000", "pcm_16000"}},
		{"no latency yet", `{"type":"ping","ping_event":{"event_id":3,"ping_ms":null}}`, &Ping{EventID: 3}},
		{"nothing but the type", `{"type":"guardrail_triggered"}`, &GuardrailTriggered{}},
		{"an empty event", `{"type":"external_agent_connected","external_agent_connected_event":null}`, &ExternalAgentConnected{}},
		{"null for nothing", `{"type":"error","error_event":{"code":1002,"reason":null,"error_type":null}}`, &ServerError{Code: 1002}},
		{"an error without its envelope", `{"type":"error","message":"received 1002 (protocol error)"}`, &ServerError{Message: "received 1002 (protocol error)"}},
		{"the type at the end", `{"interruption_event":{"event_id":3},"type":"interruption"}`, &Interruption{3}},
		{"members of tomorrow", `{"type":"interruption","at":[{"a":"}\"]"}],"interruption_event":{"event_id":3,"by":{}}}`, &Interruption{3}},
		{"white space", " {\n\t\"type\" : \"interruption\" ,\r\n\"interruption_event\" : { \"event_id\" : 3 } } \n", &Interruption{3}},
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

func TestMarshalRefusesWhatIsNoMessage(t *testing.T) {
	if _, err := Marshal(nil); err == nil {
		t.Error("nil went through")
	}
	if _, err := Marshal(stranger{}); err == nil || err.Error() != "weather: not a message of this protocol" {
		t.Errorf("got %v", err)
	}
	_, err := Marshal(&ClientToolCall{ToolName: "a", Parameters: json.RawMessage("{")})
	if err == nil || !strings.HasPrefix(err.Error(), "client_tool_call: ") {
		t.Errorf("got %v", err)
	}
}

type stranger struct{}

func (stranger) MessageType() string { return "weather" }

func TestMarshalWritesOneReadableLine(t *testing.T) {
	got, err := Marshal(&ClientToolResult{ToolCallID: "c", Result: "a <b> & c\n"})
	want := `{"type":"client_tool_result","tool_call_id":"c","result":"a <b> & c\n","is_error":false}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

func TestSoundIsDecodedWhenAsked(t *testing.T) {
	got, err := Base64("AAD/fwCA").AppendBytes([]byte{9})
	if want := []byte{9, 0, 0, 0xff, 0x7f, 0, 0x80}; err != nil || !bytes.Equal(got, want) {
		t.Errorf("got % x, %v", got, err)
	}
	if _, err := Base64("!").AppendBytes(nil); err == nil {
		t.Error("nonsense was decoded")
	}

	m := Base64(strings.Repeat("AAAA", 4000))
	room := make([]byte, 0, 12000)
	if n := testing.AllocsPerRun(100, func() { m.AppendBytes(room) }); n != 0 {
		t.Errorf("%v allocations to decode into room that is there, want 0", n)
	}
}

func TestAResultIsExpectedUnlessTheServerSaysNo(t *testing.T) {
	for _, test := range []struct {
		said *bool
		want bool
	}{{nil, true}, {new(true), true}, {new(false), false}} {
		if got := (&ClientToolCall{ExpectsResponse: test.said}).WantsResult(); got != test.want {
			t.Errorf("%v: got %v", test.said, got)
		}
	}
}

func FuzzParse(f *testing.F) { fuzz(f, Parse) }

func FuzzParseClient(f *testing.F) { fuzz(f, ParseClient) }

// fuzz checks that what parses is JSON, that what does not parse is refused
// for a reason, and that a message survives being sent on.
func fuzz(f *testing.F, parse func([]byte) (Frame, error)) {
	for _, g := range goldens(f) {
		f.Add(g.frame)
	}
	f.Add([]byte(`{"type":"new","a\"b":["}\\"],"c":1e9}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		frame, err := parse(text)
		if err != nil {
			if syntax := (*json.SyntaxError)(nil); json.Valid(text) && errors.As(err, &syntax) {
				t.Fatalf("%v, but it is JSON: %q", err, text)
			}
			return
		}
		if !json.Valid(text) || !json.Valid(frame.Inner) {
			t.Fatalf("not JSON, but taken: %q", text)
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

// Two seconds of sound at 16 kHz.
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

// What Parse would cost with encoding/json alone, to compare.
func BenchmarkPlainParseClientToolCall(b *testing.B) {
	frame := []byte(`{"type":"client_tool_call","client_tool_call":{"tool_name":"set_light","tool_call_id":"toolu_01A09q90qw90lq917835lq9","parameters":{"room":"kitchen","on":true},"event_id":9,"expects_response":true}}`)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		var outer struct {
			Type  string          `json:"type"`
			Inner json.RawMessage `json:"client_tool_call"`
		}
		if err := json.Unmarshal(frame, &outer); err != nil {
			b.Fatal(err)
		}
		if err := json.Unmarshal(outer.Inner, new(ClientToolCall)); err != nil {
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
