package llmtest

// Streams are forms of streams of the Chat Completions API, one for each way in which servers depart
// from the documentation of OpenAI.
var Streams = []Stream{
	{"by the documentation", []string{
		`{"choices":[{"index":0,"delta":{"role":"assistant","content":"One "}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"moment."}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"light","arguments":""}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"on\""}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":":true}"}}]}}]}`,
		`{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}`,
		`{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5}}`,
	}, `One moment. a=light{"on":true}`},
	{"two calls, interleaved", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"{\"n\":"}},{"index":1,"id":"b","function":{"name":"y","arguments":"{\"n\":"}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":"2}"}},{"index":0,"function":{"arguments":"1}"}}]}}]}`,
	}, `a=x{"n":1} b=y{"n":2}`},
	{"no index, several calls", []string{
		`{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"x","arguments":"{}"}},{"id":"b","function":{"name":"y","arguments":"{}"}}]}}]}`,
	}, `a=x{} b=y{}`},
	{"no index, pieces by id", []string{
		`{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"x","arguments":"{\"n\""}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"arguments":":1}"}}]}}]}`,
	}, `a=x{"n":1}`},
	{"index null", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":null,"id":"a","function":{"name":"x","arguments":"{}"}}]}}]}`,
	}, `a=x{}`},
	{"index 0 on every call", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"{}"}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","function":{"name":"y","arguments":"{}"}}]}}]}`,
	}, `a=x{} b=y{}`},
	{"neither index nor id", []string{
		`{"choices":[{"delta":{"tool_calls":[{"function":{"name":"x","arguments":"{\"n\""}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":":1}"}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"function":{"name":"x","arguments":"{\"n\":2}"}}]}}]}`,
	}, `call_0=x{"n":1} call_1=x{"n":2}`},
	{"neither index nor id nor arguments", []string{
		`{"choices":[{"delta":{"tool_calls":[{"function":{"name":"x"}},{"function":{"name":"y"}}]}}]}`,
	}, `call_0=x{} call_1=y{}`},
	{"empty names and ids in later pieces", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":""}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"","function":{"name":"","arguments":"{}"}}]}}]}`,
	}, `a=x{}`},
	{"the whole name in every piece", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"light","arguments":"{"}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"light","arguments":"}"}}]}}]}`,
	}, `a=light{}`},
	{"the name in pieces", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"set_"}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"light","arguments":"{}"}}]}}]}`,
	}, `a=set_light{}`},
	{"arguments are an object", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":{"n":1}}}]}}]}`,
	}, `a=x{"n":1}`},
	{"arguments are null", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":null}}]}}]}`,
	}, `a=x{}`},
	{"no arguments, and an empty piece at the end", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x"}}]}}]}`,
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":""}}]}}]}`,
	}, `a=x{}`},
	{"arguments in a JSON string", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"\"{\\\"n\\\":1}\""}}]}}]}`,
	}, `a=x{"n":1}`},
	{"arguments that are no JSON", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"on, please"}}]},"finish_reason":"tool_calls"}]}`,
	}, `a=x{}!the arguments are not a JSON object`},
	{"arguments that are a list", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"[1]"}}]}}]}`,
	}, `a=x{}!the arguments are not a JSON object`},
	{"the id of the chunk changes", []string{
		`{"id":"1","choices":[{"delta":{"content":"a"}}]}`, `{"id":"2","choices":[{"delta":{"content":"b"}}]}`,
	}, `ab`},
	{"chunks without choices", []string{
		`{"choices":null}`, `{"choices":[]}`, `{}`, `{"choices":[{"index":0}]}`, `{"choices":[{"delta":null}]}`,
		`{"prompt_filter_results":[{}],"choices":[]}`, `{"choices":[{"delta":{"content":"a","tool_calls":null}}]}`,
	}, `a`},
	{"content in parts", []string{
		`{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}`,
	}, `ab`},
	{"an empty list of calls in each chunk", []string{
		`{"choices":[{"delta":{"content":"a","tool_calls":[]}}]}`, `{"choices":[{"delta":{"content":"b","tool_calls":[]}}]}`,
	}, `ab`},
	{"stop although there are calls", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":"{}"}}]},"finish_reason":"stop"}]}`,
	}, `a=x{}`},
	{"tool_calls although there are none", []string{`{"choices":[{"delta":{"content":"a"},"finish_reason":"tool_calls"}]}`}, `a`},
	{"a whole reply", []string{
		`{"choices":[{"message":{"role":"assistant","content":"a","tool_calls":[{"id":"a","type":"function","function":{"name":"x","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`,
	}, `a a=x{}`},
	{"template tokens", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x<|channel|>","arguments":"{\"n\":1}<|call|>"}}]}}]}`,
	}, `a=x{"n":1}`},
	{"reasoning is not said", []string{
		`{"choices":[{"delta":{"reasoning_content":"hm"}}]}`, `{"choices":[{"delta":{"reasoning":"hm","content":"a"}}]}`,
	}, `a`},
	{"a refusal is said", []string{`{"choices":[{"delta":{"refusal":"No."}}]}`}, `No.`},
	{"fields of a call that the server needs back", []string{
		`{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","extra_content":{"google":{"thought_signature":"s"}},"function":{"name":"x","arguments":"{}"}}]}}]}`,
	}, `a=x{}+extra_content{"google":{"thought_signature":"s"}}`},
	{"a piece that is not an object", []string{`{"choices":[{"delta":{"tool_calls":[1,null,"x"],"content":"a"}}]}`}, `a`},
}
