package phrases

import "testing"

func TestResultsAreSpoken(t *testing.T) {
	for _, row := range []struct {
		why, result string
		isError     bool
		want        string
	}{
		{"a text is said as it is", "It is half past nine.", false, "It is half past nine."},
		{"a text that looks like JSON is said as it is", `{"half`, false, `{"half`},
		{"a quoted text is said as it is", `"yes"`, false, `"yes"`},
		{"ok", "ok", false, "Done."},
		{"an empty result", "", false, "Done."},
		{"an object keeps its order", `{"room":"hall","on":true}`, false, "room: hall, on: yes"},
		{"an underscore in a name is said as a space", `{"outside_temp":-3.5}`, false, "outside temp: -3.5"},
		{"false", "false", false, "No."},
		{"true", "true", false, "Yes."},
		{"a number", "42", false, "42"},
		{"a long number is not rounded", "12345678901234567890", false, "12345678901234567890"},
		{"a rounding error is removed", "0.30000000000000004", false, "0.3"},
		{"a tiny number is not rounded", "1e-9", false, "1e-9"},
		{"a list", `["milk","eggs","bread"]`, false, "milk, eggs and bread"},
		{"an empty list", `[]`, false, "nothing"},
		{"objects in a list", `[{"room":"hall","on":true},{"room":"kitchen","on":false}]`, false, "room: hall, on: yes; room: kitchen, on: no"},
		{"an object in an object", `{"at":{"x":1,"y":2},"ok":null}`, false, "at (x: 1, y: 2); ok: nothing"},
		{"a list in an object", `{"rooms":["hall","attic"]}`, false, "rooms: hall and attic"},
		{"a long list is cut", `[1,2,3,4,5,6,7,8,9,10,11,12,13,14]`, false, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more"},
		{"an error", "no such room", true, "That did not work: no such room"},
		{"an error without a text", "", true, "That did not work."},
	} {
		if got := spokenResult(row.result, row.isError); got != row.want {
			t.Errorf("%s: spokenResult(%q): got %q, want %q", row.why, row.result, got, row.want)
		}
	}
}

func TestSeveralResultsBecomeSentences(t *testing.T) {
	got := joinSentences([]string{"Done.", "room: hall, on: yes", "Twelve!"})
	if want := "Done. room: hall, on: yes. Twelve!"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := joinSentences([]string{" as it is "}); got != " as it is " {
		t.Errorf("one result: got %q", got)
	}
}
