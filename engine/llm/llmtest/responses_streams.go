package llmtest

// responsesStreams are forms of streams of the Responses API: those that its documentation has, and
// those of other servers.
var responsesStreams = []Stream{
	{"text by the documentation", responsesWords("One ", "moment."), `One moment.`},
	{"a call by the documentation", responsesCalls(`a light {"on":true}`), `a=light{"on":true}`},
	{"text and a call", []string{
		responsesStart,
		`{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"One "}`,
		`{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"moment."}`,
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"One moment."}]}}`,
		`{"type":"response.output_item.done","output_index":1,"item":{"id":"fc_1","type":"function_call","call_id":"a","name":"light","arguments":"{\"on\":true}"}}`,
		responsesEnd(``),
	}, `One moment. a=light{"on":true}`},
	{"two calls", responsesCalls(`a x {"n":1}`, `b y {"n":2}`), `a=x{"n":1} b=y{"n":2}`},
	{"the same id twice", responsesCalls(`a x {"n":1}`, `a y {"n":2}`), `a=x{"n":1} a=y{"n":2}`},
	{"two calls, interleaved", []string{
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"a","name":"x","arguments":""}}`,
		`{"type":"response.output_item.added","output_index":1,"item":{"id":"fc_2","type":"function_call","call_id":"b","name":"y","arguments":""}}`,
		`{"type":"response.function_call_arguments.delta","item_id":"fc_2","output_index":1,"delta":"{\"n\":2}"}`,
		`{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":0,"delta":"{\"n\":1}"}`,
		`{"type":"response.output_item.done","output_index":1,"item":{"id":"fc_2","type":"function_call","call_id":"b","name":"y","arguments":"{\"n\":2}"}}`,
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"a","name":"x","arguments":"{\"n\":1}"}}`,
		responsesEnd(``),
	}, `a=x{"n":1} b=y{"n":2}`},
	{"index 0 on every item", []string{
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"a","name":"x","arguments":""}}`,
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"a","name":"x","arguments":"{\"n\":1}"}}`,
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"fc_2","type":"function_call","call_id":"b","name":"y","arguments":""}}`,
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"fc_2","type":"function_call","call_id":"b","name":"y","arguments":"{\"n\":2}"}}`,
		responsesEnd(``),
	}, `a=x{"n":1} b=y{"n":2}`},
	{"the id of an item changes", []string{
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"1","type":"function_call","call_id":"a","name":"x","arguments":""}}`,
		`{"type":"response.function_call_arguments.delta","item_id":"2","output_index":0,"delta":"{\"n\":1}"}`,
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"3","type":"function_call","call_id":"a","name":"x","arguments":"{\"n\":1}"}}`,
		responsesEnd(`{"id":"4","type":"function_call","call_id":"a","name":"x","arguments":"{\"n\":1}"}`),
	}, `a=x{"n":1}`},
	{"a call that is not done", []string{
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"a","name":"x","arguments":""}}`,
		`{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":0,"delta":"{\"n\""}`,
		`{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":0,"delta":":1}"}`,
		responsesEnd(``),
	}, `a=x{"n":1}`},
	{"a call that is done in the last event", []string{
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"a","name":"x"}}`,
		responsesEnd(`{"id":"fc_1","type":"function_call","call_id":"a","name":"x","arguments":"{\"n\":1}"}`),
	}, `a=x{"n":1}`},
	{"all in the last event", []string{
		responsesEnd(`{"type":"message","content":[{"type":"output_text","text":"a"},{"type":"output_text","text":"b"}]},{"type":"function_call","call_id":"a","name":"x","arguments":"{\"n\":1}"}`),
	}, `ab a=x{"n":1}`},
	{"text that is only in the item", []string{
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","content":[]}}`,
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"a"}]}}`,
		responsesEnd(`{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"a"}]}`),
	}, `a`},
	{"text that is only in the last event", []string{
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","content":[]}}`,
		responsesEnd(`{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"a"}]}`),
	}, `a`},
	{"text that is done before the item", []string{
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","content":[]}}`,
		`{"type":"response.output_text.done","item_id":"msg_1","output_index":0,"content_index":0,"text":"a"}`,
		`{"type":"response.output_text.done","item_id":"msg_1","output_index":0,"content_index":1,"text":"b"}`,
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"a"},{"type":"output_text","text":"b"}]}}`,
		`{"type":"response.output_text.done","item_id":"msg_1","output_index":0,"content_index":1,"text":"b"}`,
		responsesEnd(``),
	}, `ab`},
	{"neither index nor id", []string{
		`{"type":"response.output_text.delta","delta":"a"}`, `{"type":"response.output_text.delta","delta":"b"}`,
		`{"type":"response.output_item.added","item":{"type":"function_call","name":"x"}}`,
		`{"type":"response.function_call_arguments.delta","delta":"{\"n\":1}"}`,
		`{"type":"response.output_item.done","item":{"type":"function_call","name":"x","arguments":"{\"n\":1}"}}`,
		responsesEnd(``),
	}, `ab call_1=x{"n":1}`},
	{"no call_id", []string{
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"fc_1","type":"function_call","name":"x","arguments":"{}"}}`, responsesEnd(``),
	}, `fc_1=x{}`},
	{"arguments are an object", []string{
		`{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"a","name":"x","arguments":{"n":1}}}`, responsesEnd(``),
	}, `a=x{"n":1}`},
	{"arguments are null", []string{
		`{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"a","name":"x","arguments":null}}`, responsesEnd(``),
	}, `a=x{}`},
	{"arguments that are no JSON", responsesCalls(`a x on, please`), `a=x{}!the arguments are not a JSON object`},
	{"arguments that are a list", responsesCalls(`a x [1]`), `a=x{}!the arguments are not a JSON object`},
	{"a name that no tool can have", responsesCalls(`a functions.x {"n":1}`), `a=functions.x{"n":1}`},
	{"a long id", responsesCalls(`a234567890123456789012345678901234567890123456789012345678901234567890 x {"n":1}`),
		`a234567890123456789012345678901234567890123456789012345678901234567890=x{"n":1}`},
	{"thoughts are not said and go back before their call", []string{
		responsesStart,
		`{"type":"response.output_item.added","output_index":0,"item":` + Thoughts("1", "a") + `}`,
		`{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":0,"summary_index":0,"delta":"hm"}`,
		`{"type":"response.reasoning_text.delta","item_id":"rs_1","output_index":0,"content_index":0,"delta":"hm"}`,
		`{"type":"response.output_item.done","output_index":0,"item":` + Thoughts("1", "a") + `}`,
		`{"type":"response.output_item.done","output_index":1,"item":{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"So."}]}}`,
		`{"type":"response.output_item.done","output_index":2,"item":{"id":"fc_1","type":"function_call","call_id":"a","name":"x","arguments":"{}"}}`,
		`{"type":"response.output_item.done","output_index":3,"item":` + Thoughts("2", "b") + `}`,
		`{"type":"response.output_item.done","output_index":4,"item":` + Thoughts("3", "b") + `}`,
		`{"type":"response.output_item.done","output_index":5,"item":{"id":"fc_2","type":"function_call","call_id":"b","name":"y","arguments":"{}"}}`,
		`{"type":"response.output_item.done","output_index":6,"item":` + Thoughts("4", "") + `}`,
		responsesEnd(``),
	}, `So. a=x{} b=y{}`},
	{"thoughts that the server cannot know again", []string{
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]}}`,
		`{"type":"response.output_item.done","output_index":1,"item":{"id":"fc_1","type":"function_call","call_id":"a","name":"x","arguments":"{}"}}`,
		responsesEnd(``),
	}, `a=x{}`},
	{"thoughts that are not encrypted", []string{
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"rs_1","type":"reasoning","content":[{"type":"reasoning_text","text":"hm"}]}}`,
		`{"type":"response.output_item.done","output_index":1,"item":{"id":"fc_1","type":"function_call","call_id":"a","name":"x","arguments":"{}"}}`,
		responsesEnd(``),
	}, `a=x{}`},
	{"thoughts in the text of other models", responsesWords("<thi", "nk>hm</think>", "a"), `a`},
	{"a refusal is said", []string{
		`{"type":"response.refusal.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"No."}`,
		`{"type":"response.refusal.done","item_id":"msg_1","output_index":0,"content_index":0,"refusal":"No."}`,
		`{"type":"response.output_item.done","output_index":0,"item":{"id":"msg_1","type":"message","content":[{"type":"refusal","refusal":"No."}]}}`,
		responsesEnd(``),
	}, `No.`},
	{"unknown events, items and types", []string{
		`{"type":"response.news","item":1}`, `{}`, `{"type":"response.output_item.added","item":null}`,
		`{"type":"response.output_item.done","output_index":"x","item":{"type":"web_search_call","id":1}}`,
		`{"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":"x"}}`,
		`{"type":"response.function_call_arguments.done","item_id":"fc_9","arguments":"{}"}`,
		`{"type":"response.output_text.delta","output_index":2,"delta":"a"}`,
		`{"type":"response.completed","response":{"status":7,"usage":{"input_tokens":"many"},"output":[null,{"type":"message","content":[1]}]}}`,
	}, `a`},
	{"a whole reply", []string{
		`{"object":"response","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a"}]},{"type":"function_call","call_id":"a","name":"x","arguments":"{\"n\":1}"}]}`,
	}, `a a=x{"n":1}`},
}
