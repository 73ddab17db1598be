package brain

import (
	"fmt"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/tool"
)

// MaxCalls is the maximum number of tools that a language model can call at the same time.
const MaxCalls = 32

// ResolveCalls finds the tools that a language model has called. tools are the tools of the
// scripts; the model may also call EndCall.
//
// run are the calls that the server must run. results has an element for each call of the model:
// nil if the call is in run, and otherwise the result: endText for a call of EndCall, or an error
// that the model can read. ends reports whether the model has called EndCall.
func ResolveCalls(calls []llm.Call, tools []*tool.Spec, endText string) (run []Call, results []*Result, ends bool) {
	specs := make(map[string]*tool.Spec)
	var names []string
	for _, spec := range WithEndCall(tools) {
		specs[spec.Name] = spec
		names = append(names, spec.Name)
	}
	failed := func(format string, args ...any) *Result {
		return &Result{Text: fmt.Sprintf(format, args...), IsError: true}
	}
	results = make([]*Result, len(calls))
	for i, call := range calls {
		switch spec := specs[call.Name]; {
		case spec == EndCall:
			ends = true
			results[i] = &Result{Text: endText}
		case spec == nil:
			results[i] = failed("there is no tool %q; the tools are %s", call.Name, strings.Join(names, ", "))
		case call.Problem != "":
			results[i] = failed("%s: %s; call it again", call.Name, call.Problem)
		case len(run) == MaxCalls:
			results[i] = failed("more than %d calls at once", MaxCalls)
		default:
			run = append(run, Call{Tool: spec, Arguments: call.Arguments})
		}
	}
	return run, results, ends
}

// CompleteResults replaces each nil in results, as returned by [ResolveCalls], by the next of the
// results of the calls that were run.
func CompleteResults(results []*Result, ran []Result) {
	for i := range results {
		if results[i] == nil && len(ran) > 0 {
			results[i] = &ran[0]
			ran = ran[1:]
		}
	}
}
