package safetext

import (
	"encoding/json"
	"testing"
)

func TestJSONEscapesWhatATerminalActsOn(t *testing.T) {
	t.Parallel()
	want := "a\u009b2J\u007f\u202eö\n"
	line, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	safe := JSON(line)
	if safe != `"a\u009b2J\u007f\u202eö\n"` {
		t.Errorf("got %s", safe)
	}
	var got string
	if err := json.Unmarshal([]byte(safe), &got); err != nil || got != want {
		t.Errorf("the value is %q, %v", got, err)
	}
}
