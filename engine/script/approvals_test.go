package script

import (
	"errors"
	"strings"
	"testing"

	"moonlark/luastd"
)

// ask asks a question about a tool. The channel gets the answer.
func ask(a *Approvals, tool string) (answer chan error, cancel func()) {
	answer = make(chan error, 2)
	return answer, a.Ask(luastd.ApprovalRequest{Server: "notes", Tool: tool, Arguments: []byte("{}")}, func(err error) { answer <- err })
}

func TestAYesForAQuestionThatHasEndedDoesNotAllowTheNextCall(t *testing.T) {
	for name, end := range map[string]func(a *Approvals, cancel func()){
		"nobody has answered in time": func(_ *Approvals, cancel func()) { cancel() },
		"a script has answered":       func(a *Approvals, _ func()) { a.Answer("mcp-ask-1", false) },
	} {
		var a Approvals
		defer a.Attend(true)()
		_, cancel := ask(&a, "read_note")
		answer, _ := ask(&a, "delete_notes")
		end(&a, cancel)
		if ok, err := a.AnswerOldest(true); ok || err == nil || !strings.Contains(err.Error(), "may delete_notes of the MCP server notes be called with {}?") {
			t.Errorf("%s: got %v, %v", name, ok, err)
		}
		if len(answer) > 0 {
			t.Errorf("%s: the call was allowed", name)
		}
		if ok, err := a.AnswerOldest(true); !ok || err != nil || <-answer != nil {
			t.Errorf("%s: the second yes: got %v, %v", name, ok, err)
		}
	}
}

func TestQuestionsAreAnsweredInTheirOrderAndOnce(t *testing.T) {
	var published []Question
	a := Approvals{Publish: func(q Question) { published = append(published, q) }}
	defer a.Attend(true)()
	first, cancel := ask(&a, "read_note")
	second, _ := ask(&a, "delete_notes")
	if published[0].Before != 0 || published[1].Before != 1 {
		t.Errorf("got %+v", published)
	}
	a.AnswerOldest(true)
	a.AnswerOldest(false)
	cancel() // too late
	if a.Answer("mcp-ask-1", true) || a.Answer("mcp-ask-3", true) {
		t.Error("a question that does not exist was answered")
	}
	if ok, err := a.AnswerOldest(true); ok || err != nil {
		t.Errorf("without a question: got %v, %v", ok, err)
	}
	if err := <-first; err != nil || len(first) > 0 {
		t.Errorf("got %v and %d more answers", err, len(first))
	}
	if err := <-second; !errors.Is(err, luastd.ErrRefused) || len(second) > 0 {
		t.Errorf("got %v and %d more answers", err, len(second))
	}
}

func TestAQuestionSaysThatItsArgumentsAreCut(t *testing.T) {
	q := Question{ApprovalRequest: luastd.ApprovalRequest{Tool: "a", Arguments: []byte(`{"x":"` + strings.Repeat("x", 5000) + `"}`)}}
	if text := q.Text(); len(text) > 1200 || !strings.Contains(text, "(cut: 5008 bytes in all)") {
		t.Errorf("got %s", text)
	}
}
