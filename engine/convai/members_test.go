package convai

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestMemberReturnsTheLastValueOfAName(t *testing.T) {
	for _, test := range []struct{ why, object, want string }{
		{"a string", `{"a":"b"}`, `"b"`},
		{"a string with quotes and backslashes", `{"b":"\\","c":"\"a\":1\\\"","a":"\\\""}`, `"\\\""`},
		{"a number before a space", "{\"a\":-1.5e3 }", `-1.5e3`},
		{"a word at the end", `{"a":null}`, `null`},
		{"an array", `{"b":{"a":1},"a":[[1,"]"],{"a":2}],"c":3}`, `[[1,"]"],{"a":2}]`},
		{"an object", `{"a":{"a":"}"},"b":[{"a":2}]}`, `{"a":"}"}`},
		{"white space everywhere", " \t{ \"b\" : 1 , \"a\" :\r\n[ ] } ", `[ ]`},
		{"an escape in the name", `{"\u0061":1}`, `1`},
		{"several members of the name", `{"a":1,"a":{"b":2},"b":3}`, `{"b":2}`},
		{"no member of the name", `{"A":1,"aa":2,"b":"a"}`, ``},
		{"an empty object", `{ }`, ``},
		{"an empty name", `{"":1,"a":2}`, `2`},
	} {
		if err := checkObject([]byte(test.object)); err != nil {
			t.Errorf("%s: %v", test.why, err)
		} else if got := member([]byte(test.object), "a"); string(got) != test.want {
			t.Errorf("%s: got %s, want %s", test.why, got, test.want)
		}
	}
}

// A ClientToolCall is decoded without package json. The result must be the same.
func TestAClientToolCallIsDecodedAsPackageJSONDoes(t *testing.T) {
	for _, object := range []string{
		`{}`,
		`{"tool_name":"a","tool_call_id":"b","parameters":{"c":[1]},"event_id":-3,"expects_response":false}`,
		`{"expects_response":true,"event_id":0,"parameters":null,"tool_call_id":"","tool_name":"\u00e4\n"}`,
		"{\"tool_name\":\"\xff\xc3\xa4\"}",
		`{"tool_name":"a","tool_name":"b","parameters":{"long":true},"parameters":[]}`,
		`{"tool_n\u0061me":"a","unknown":{"tool_name":"b"}}`,
	} {
		var got, want ClientToolCall
		ok := got.decode([]byte(object))
		if err := json.Unmarshal([]byte(object), &want); err != nil || !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v, %v\nwant %+v, %v", object, got, ok, want, err)
		}
	}
	for _, object := range []string{
		`{"parameters":{},"tool_name":null}`, `{"parameters":{},"tool_call_id":5}`, `{"parameters":{},"event_id":"5"}`,
		`{"parameters":{},"event_id":5.0}`, `{"parameters":{},"event_id":99999999999999999999}`, `{"parameters":{},"expects_response":1}`,
		`{"parameters":{},"expects_response":null}`,
	} {
		var got ClientToolCall
		if got.decode([]byte(object)) || !reflect.DeepEqual(got, ClientToolCall{}) {
			t.Errorf("%s: got %+v, want none", object, got)
		}
	}
}
