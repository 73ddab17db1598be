package llmtest

import "fmt"

// messagesStreams are forms of streams of the Messages API: those that its documentation has, and
// those of other servers.
var messagesStreams = []Stream{
	{"by the documentation", []string{
		messagesStart,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"ping"}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"One "}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"moment."}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"a","name":"light","input":{}}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"on\""}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":":true}"}}`,
		`{"type":"content_block_stop","index":1}`,
		messagesEnd("tool_use")[0], messagesEnd("tool_use")[1],
	}, `One moment. a=light{"on":true}`},
	{"no arguments", messagesCalls("tool_use", `a x`), `a=x{}`},
	{"two calls", messagesCalls("tool_use", `a x {"n":1}`, `b y {"n":2}`), `a=x{"n":1} b=y{"n":2}`},
	{"the same id twice", messagesCalls("tool_use", `a x {"n":1}`, `a y {"n":2}`), `a=x{"n":1} a=y{"n":2}`},
	{"an id that the server would not take back", messagesCalls("tool_use", `functions.x:0 x {"n":1}`), `functions.x:0=x{"n":1}`},
	{"a name that no tool can have", messagesCalls("tool_use", `a functions.x {"n":1}`), `a=functions.x{"n":1}`},
	{"two calls, interleaved", []string{
		messagesStart,
		`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"x","input":{}}}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"b","name":"y","input":{}}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"n\":2}"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"n\":1}"}}`,
		messagesEnd("tool_use")[0], messagesEnd("tool_use")[1],
	}, `a=x{"n":1} b=y{"n":2}`},
	{"the whole input at the start", []string{
		messagesStart,
		`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"x","input":{"n":1}}}`,
		`{"type":"content_block_stop","index":0}`,
		messagesEnd("tool_use")[0], messagesEnd("tool_use")[1],
	}, `a=x{"n":1}`},
	{"a piece of the input that is an object", []string{
		messagesStart,
		`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"x"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":{"n":1}}}`,
		messagesEnd("tool_use")[1],
	}, `a=x{"n":1}`},
	{"no index", []string{
		messagesStart,
		`{"type":"content_block_start","content_block":{"type":"tool_use","id":"a","name":"x","input":{}}}`,
		`{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{\"n\":1}"}}`,
		`{"type":"content_block_start","content_block":{"type":"tool_use","id":"b","name":"y","input":{}}}`,
		`{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{\"n\":2}"}}`,
		messagesEnd("tool_use")[0], messagesEnd("tool_use")[1],
	}, `a=x{"n":1} b=y{"n":2}`},
	{"no id", []string{
		messagesStart,
		`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"x","input":{}}}`,
		messagesEnd("tool_use")[0], messagesEnd("tool_use")[1],
	}, `call_0=x{}`},
	{"arguments that are no JSON", messagesCalls("tool_use", `a x on, please`), `a=x{}!the arguments are not a JSON object`},
	{"arguments that are a list", messagesCalls("tool_use", `a x [1]`), `a=x{}!the arguments are not a JSON object`},
	{"end_turn although there are calls", messagesCalls("end_turn", `a x {"n":1}`), `a=x{"n":1}`},
	{"tool_use although there are no calls", messagesWords("tool_use", "a"), `a`},
	{"max_tokens", messagesWords("max_tokens", "a"), `a`},
	{"text in the block's start", []string{
		messagesStart,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}}`,
		messagesEnd("end_turn")[0], messagesEnd("end_turn")[1],
	}, `ab`},
	{"text without a block", []string{
		messagesStart,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}}`,
		messagesEnd("end_turn")[1],
	}, `ab`},
	{"thoughts are not said and go back", []string{
		messagesStart,
		`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"h"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"m <b>"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"` + Signature("hm <b>") + `"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"secret"}}`,
		`{"type":"content_block_stop","index":1}`,
		`{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"\n\nSo."}}`,
		`{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"a","name":"x","input":{}}}`,
		messagesEnd("tool_use")[0], messagesEnd("tool_use")[1],
	}, `So. a=x{}`},
	{"thoughts without a signature", []string{
		messagesStart,
		`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"hm"}}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"a","name":"x","input":{}}}`,
		messagesEnd("tool_use")[0], messagesEnd("tool_use")[1],
	}, `a=x{}`},
	{"thoughts in the text of other models", messagesWords("end_turn", "<thi", "nk>hm</think>", "a"), `a`},
	{"further fields of a call, which the server does not need back", []string{
		messagesStart,
		`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"x","input":{},"caller":{"type":"direct"},"mood":"good"}}`,
		messagesEnd("tool_use")[0], messagesEnd("tool_use")[1],
	}, `a=x{}`},
	{"unknown events, blocks and types", []string{
		messagesStart, `{"type":"news","index":"x"}`, `{}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"fancy","data":[1]}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"fancy_delta","fancy":1}}`,
		`{"type":"content_block_start","index":1,"content_block":null}`,
		`{"type":"content_block_delta","index":1,"delta":null}`,
		`{"type":"content_block_delta","index":9,"delta":{"type":"input_json_delta","partial_json":"{}"}}`,
		`{"type":"content_block_start","index":2,"content_block":{"type":"text","text":null}}`,
		`{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"a"}}`,
		`{"type":"message_delta","delta":{"stop_reason":null},"usage":null}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":"many"}}`,
		messagesEnd("end_turn")[1],
	}, `a`},
	{"a whole reply", []string{
		`{"type":"message","role":"assistant","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"a","name":"x","input":{"n":1}}],"stop_reason":"tool_use","usage":{"input_tokens":7,"output_tokens":5}}`,
	}, `a a=x{"n":1}`},
}

// messagesWords returns the events of a reply with text.
func messagesWords(stop string, pieces ...string) []string {
	events := []string{messagesStart, `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`}
	for _, p := range pieces {
		events = append(events, `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":`+quote(p)+`}}`)
	}
	return append(append(events, `{"type":"content_block_stop","index":0}`), messagesEnd(stop)...)
}

// messagesCalls returns the events of a reply with calls. Each is an id, a name and arguments.
func messagesCalls(stop string, calls ...string) []string {
	events := []string{messagesStart}
	for i, call := range calls {
		id, name, arguments := cutCall(call)
		events = append(events,
			fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":{"type":"tool_use","id":%q,"name":%q,"input":{}}}`, i, id, name),
			fmt.Sprintf(`{"type":"content_block_delta","index":%d,"delta":{"type":"input_json_delta","partial_json":%s}}`, i, quote(arguments)),
			fmt.Sprintf(`{"type":"content_block_stop","index":%d}`, i))
	}
	return append(events, messagesEnd(stop)...)
}
