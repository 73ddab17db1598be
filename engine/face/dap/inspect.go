package dap

import (
	"context"
	"errors"

	"github.com/google/go-dap"

	"moonlark/engine/script/debug"
)

func (c *connection) threads() []dap.Thread {
	all := []dap.Thread{}
	for _, t := range c.session.Threads() {
		all = append(all, dap.Thread{Id: t.ID, Name: t.Name})
	}
	return all
}

func (c *connection) stackTrace(a dap.StackTraceArguments) (dap.StackTraceResponseBody, error) {
	all, err := c.session.Stack(a.ThreadId)
	body := dap.StackTraceResponseBody{StackFrames: []dap.StackFrame{}, TotalFrames: len(all)}
	first := min(max(a.StartFrame, 0), len(all))
	all = all[first:]
	if a.Levels > 0 {
		all = all[:min(a.Levels, len(all))]
	}
	for _, f := range all {
		frame := dap.StackFrame{Id: f.ID, Name: f.Name}
		switch {
		case f.Label:
			frame.PresentationHint = "label"
		default:
			frame.Line, frame.Column = c.toClientLine(f.Line), 1
			frame.Source = &dap.Source{Name: f.Source}
			if f.Path != "" {
				frame.Source.Path = c.paths.toClient(f.Path)
			} else {
				frame.PresentationHint = "subtle"
			}
		}
		body.StackFrames = append(body.StackFrames, frame)
	}
	return body, err
}

func (c *connection) scopes(frame int) (dap.ScopesResponseBody, error) {
	all, err := c.session.Scopes(frame)
	body := dap.ScopesResponseBody{Scopes: []dap.Scope{}}
	for _, s := range all {
		body.Scopes = append(body.Scopes, dap.Scope{
			Name: s.Name, PresentationHint: s.Kind, VariablesReference: s.Reference, Expensive: s.Large,
		})
	}
	return body, err
}

func (c *connection) variables(a dap.VariablesArguments) (dap.VariablesResponseBody, error) {
	all, err := c.session.Variables(a.VariablesReference, debug.Fields{Only: a.Filter, Start: a.Start, Count: a.Count})
	body := dap.VariablesResponseBody{Variables: []dap.Variable{}}
	for _, v := range all {
		body.Variables = append(body.Variables, dap.Variable{
			Name: v.Name, Value: v.Value, Type: v.Type,
			VariablesReference: v.Reference, IndexedVariables: v.Indexed, NamedVariables: named(v),
		})
	}
	return body, err
}

// named returns the number of named fields that a client is told. Clients only ask whether it is
// zero.
func named(v debug.Variable) int {
	if v.Indexed > 0 && v.Named {
		return 1
	}
	return 0
}

func (c *connection) evaluate(ctx context.Context, a dap.EvaluateArguments) (dap.EvaluateResponseBody, error) {
	if a.FrameId == 0 {
		return dap.EvaluateResponseBody{}, errors.New("an expression needs a task that is stopped")
	}
	v, err := c.session.Evaluate(ctx, a.FrameId, a.Expression)
	return dap.EvaluateResponseBody{
		Result: v.Value, Type: v.Type, VariablesReference: v.Reference, IndexedVariables: v.Indexed, NamedVariables: named(v),
	}, err
}
