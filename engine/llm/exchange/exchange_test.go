package exchange

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestFieldsOfAWrongTypeAreLeftOut(t *testing.T) {
	type event struct {
		Text  string
		Index *int
		Count Count
	}
	for data, want := range map[string]string{
		`{"text":"a","index":1,"count":7}`:     "a 1 7",
		`{"text":["a"],"count":"7"}`:           " 0 7",
		`{"text":"a","index":"x","count":"x"}`: "a 0 0",
		`{"text":"a","count":-1}`:              "a 0 0",
		`{"text":"a","count":1e99}`:            "a 0 0",
		`{"text":"a","count":[1]}`:             "a 0 0",
		`["a"]`:                                "error", `null`: "error", `"a"`: "error", `{"text":`: "error", ``: "error",
	} {
		var e event
		err := Decode([]byte(data), &e)
		index := 0
		if e.Index != nil {
			index = *e.Index
		}
		got := fmt.Sprint(e.Text, " ", index, " ", e.Count)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: got %s (%v), want %s", data, got, err, want)
		}
	}
}

func TestIDsOccurOnce(t *testing.T) {
	var ids IDs
	long := strings.Repeat("a", 80)
	var got []string
	for _, old := range []string{"a", "b", "a", "a_2", "functions.x:0", "", long, long} {
		got = append(got, ids.Call(old))
	}
	want := []string{"a", "b", "a_2", "a_2_2", "functions_x_0", "call", long[:64], long[:62] + "_2"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	got = nil
	for _, old := range []string{"a", "a", "a", "b", "unknown", long, long} {
		id, ok := ids.Result(old)
		got = append(got, fmt.Sprint(id, ok))
	}
	want = []string{"atrue", "a_2true", "false", "btrue", "false", long[:64] + "true", long[:62] + "_2true"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	var none IDs
	if id, ok := none.Result("a"); ok {
		t.Errorf("a result without a call has the id %s", id)
	}
}

func FuzzRepair(f *testing.F) {
	for _, text := range []string{``, `null`, `{}`, `"{\"n\":1}"`, `[1]`, `on, please`, `{"n":1}<|call|>`, `"\"\\\"{}\\\"\""`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		arguments, problem := Repair(text)
		var object map[string]any
		if err := json.Unmarshal(arguments, &object); err != nil || object == nil {
			t.Errorf("%q: got %s (%s)", text, arguments, problem)
		}
	})
}
