package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/tool"
)

// slowToken is how long a model that is loaded may take to begin its reply. A model that takes
// longer gets a warning.
const slowToken = 1500 * time.Millisecond

// checkModel checks the language model of the embedded agent: whether its server can be reached,
// has the model, and calls tools, how fast it is, and whether the prompt and the tools fit.
func (c *checker) checkModel(ctx context.Context) {
	const group = "model"
	m := c.Model
	if m == nil {
		return
	}
	listCtx, cancel := withTimeout(ctx, checkTimeout)
	names, err := m.List(listCtx)
	cancel()
	var failure *llm.Error
	if errors.As(err, &failure) && failure.Status == 404 {
		c.skip(group, "models", "the server does not list its models", "")
	} else if err != nil {
		c.failModel("server", err)
		return
	} else {
		c.ok(group, "server", fmt.Sprintf("answers, with %s", plural(len(names), "model")))
		if !c.checkModelName(names) {
			return
		}
	}
	if c.askModel(ctx) {
		c.checkContextSize(ctx)
	}
}

// failModel reports an error of the model.
func (c *checker) failModel(subject string, err error) {
	var failure *llm.Error
	if errors.As(err, &failure) {
		text := failure.Text
		if failure.Status != 0 {
			text = fmt.Sprintf("HTTP %d: %s", failure.Status, text)
		}
		c.fail("model", subject, text, failure.Hint)
		return
	}
	c.fail("model", subject, err.Error(), "")
}

// checkModelName reports whether the server has the model that the user has chosen.
func (c *checker) checkModelName(names []string) bool {
	const group, subject = "model", "name"
	list := strings.Join(names[:min(len(names), 12)], ", ")
	switch name := cmp.Or(c.Model.Name(), c.Settings.LLM); {
	case name == "" && len(names) == 1:
		c.ok(group, subject, names[0]+", the only one of the server")
	case name == "":
		c.fail(group, subject, "no model is chosen; the server has "+list, "name one with --llm")
		return false
	case slices.Contains(names, name), slices.Contains(names, name+":latest"), slices.Contains(names, "models/"+name), slices.ContainsFunc(names, isVersionOf(name)):
		c.ok(group, subject, name)
	case c.Model.String() == "ollama "+name:
		c.fail(group, subject, "there is no model "+name, "ollama pull "+name)
		return false
	default: // some servers take names that they do not list
		c.warn(group, subject, "the server does not list "+name+"; it lists "+list, "check the name")
	}
	return true
}

// isVersionOf returns a function that reports whether the name listed is this name with a date at
// its end. Anthropic accepts names of models without the date, but lists only the names with the
// date.
func isVersionOf(name string) func(listed string) bool {
	return func(listed string) bool {
		date, ok := strings.CutPrefix(listed, name+"-20")
		return ok && len(date) == len("yymmdd") && strings.Trim(date, "0123456789") == ""
	}
}

// askModel makes the model call a tool, twice, and reports how long it took.
func (c *checker) askModel(ctx context.Context) bool {
	const group = "model"
	ping := &tool.Spec{Name: "ping", Description: "Answers with the same number", Parameters: &tool.Schema{
		Type: "object", Required: []string{"n"}, Properties: []tool.Property{{Name: "n", Schema: &tool.Schema{Type: "integer"}}},
	}}
	request := llm.Request{
		Model:  c.Settings.LLM,
		System: "You test a tool. Call the tool ping.", Tools: []*tool.Spec{ping}, WaitForModel: c.Model.IsNear(),
		Messages: []llm.Message{{Role: llm.User, Text: "Call the tool ping with n = 7."}},
	}
	first, err := c.Model.Stream(ctx, request, func(string) {})
	if err != nil {
		c.failModel("reply", err)
		return false
	}
	switch {
	case first.Warning != "":
		c.fail(group, "tools", first.Warning, "")
	case len(first.Calls) == 0:
		c.warn(group, "tools", fmt.Sprintf("the model has answered with text in place of a tool call: %.60q", first.Text), "choose a model that calls tools")
	case first.Calls[0].Name != ping.Name || first.Calls[0].Problem != "":
		c.warn(group, "tools", fmt.Sprintf("the model has called %s%s, want ping{\"n\":7}", first.Calls[0].Name, first.Calls[0].Arguments), "choose a model that is better at calling tools")
	default:
		c.ok(group, "tools", "the model calls tools")
	}
	second, err := c.Model.Stream(ctx, request, func(string) {})
	if err != nil {
		c.failModel("reply", err)
		return false
	}
	text := fmt.Sprintf("begins to reply after %.1f s, at the first time after %.1f s", second.Usage.FirstToken.Seconds(), first.Usage.FirstToken.Seconds())
	if second.Usage.FirstToken > slowToken {
		c.warn(group, "speed", text, "a smaller model, or one that does not think first, answers sooner")
	} else {
		c.ok(group, "speed", text)
	}
	return true
}

// A contextSizer is a Model whose server says how much it reads.
type contextSizer interface {
	// ContextSize returns how many tokens the server reads, or 0 if that is not known.
	ContextSize(ctx context.Context) (int, error)
}

// checkContextSize reports whether the prompt and the tools fit into what the server reads. Ollama
// drops the beginning of a longer request without an error: first the prompt and the tools.
func (c *checker) checkContextSize(ctx context.Context) {
	const group, subject = "model", "context"
	sizer, ok := c.Model.(contextSizer)
	if !ok {
		return
	}
	ctx, cancel := withTimeout(ctx, checkTimeout)
	defer cancel()
	size, err := sizer.ContextSize(ctx)
	if err != nil || size == 0 {
		return // the server does not say
	}
	bytes := 700 // Moonlark's own rules
	if c.Settings.Prompt != nil {
		bytes += len(*c.Settings.Prompt)
	}
	for _, s := range c.Scripts {
		for _, spec := range s.Tools {
			bytes += len(spec.Name) + len(llm.Description(spec)) + len(llm.Parameters(spec)) + 60
		}
	}
	const talk = 2000 // tokens that a conversation needs besides
	need := bytes*2/7 + talk
	text := fmt.Sprintf("the server reads %d tokens; the prompt, the tools and a short conversation need about %d", size, need)
	if size < need {
		c.warn(group, subject, text, fmt.Sprintf("start it with OLLAMA_CONTEXT_LENGTH=%d", max(8192, (need/4096+1)*4096)))
		return
	}
	c.ok(group, subject, text)
}
