package phrases

import (
	"fmt"
	"strings"
	"testing"

	"moonlark/engine/localagent/brain"
	"moonlark/engine/tool"
)

// A recordedTurn is a brain.Turn that records which of its methods the brain calls.
type recordedTurn struct {
	calls []brain.Call
	log   []string
}

func (r *recordedTurn) Say(text string) { r.log = append(r.log, "say "+text) }
func (r *recordedTurn) HangUp()         { r.log = append(r.log, "hang up") }
func (r *recordedTurn) End(err error)   { r.log = append(r.log, fmt.Sprint("end ", err)) }

func (r *recordedTurn) Call(calls ...brain.Call) {
	for _, c := range calls {
		r.log = append(r.log, "call "+c.Tool.Name)
	}
	r.calls = calls
}

func (r *recordedTurn) String() string { return strings.Join(r.log, "|") }

func TestGreetingSuggestsThreeThingsToSay(t *testing.T) {
	want := `Hello! Try "turn on the kitchen light", "set the heating to 5 degrees" or "what time is it", or "help" for all 7 tools.`
	if got := (Brain{}).Greeting(homeTools()); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := (Brain{}).Greeting(nil); got != "Hello! "+noTools {
		t.Errorf("without tools: got %s", got)
	}
}

func TestTurnsMayOverlap(t *testing.T) {
	c := Brain{}.Open(brain.Start{Tools: func() []*tool.Spec { return homeTools() }})
	defer c.Close()
	slow, quick, small := &recordedTurn{}, &recordedTurn{}, &recordedTurn{}
	c.Hear(slow, "turn on the hall light and tell me the time, goodbye")
	c.Hear(quick, "what time is it")
	c.Hear(small, "thanks")
	c.Results(quick, []brain.Result{{Text: "noon"}})
	c.Results(slow, []brain.Result{{Text: "no such lamp", IsError: true}, {Text: `{"time":"12:00"}`}})
	for _, row := range []struct {
		turn *recordedTurn
		want string
	}{
		{slow, "call set_light|call get_time|say That did not work: no such lamp. time: 12:00. Goodbye!|hang up|end <nil>"},
		{quick, "call get_time|say noon|end <nil>"},
		{small, "say You are welcome.|end <nil>"},
	} {
		if got := row.turn.String(); got != row.want {
			t.Errorf("got %s\nwant %s", got, row.want)
		}
	}
}

func TestQuestionIsRememberedUntilTheNextTurn(t *testing.T) {
	c := Brain{}.Open(brain.Start{Tools: func() []*tool.Spec { return homeTools() }})
	defer c.Close()
	c.Hear(&recordedTurn{}, "turn on the light")
	answer := &recordedTurn{}
	c.Hear(answer, "hall")
	if len(answer.calls) != 1 || string(answer.calls[0].Arguments) != `{"on":true,"room":"hall"}` {
		t.Errorf("got %s", answer)
	}
	if c.Hear(answer, "hall"); !strings.Contains(answer.String(), "say I did not understand") {
		t.Errorf("the answer was given again: got %s", answer)
	}
}
