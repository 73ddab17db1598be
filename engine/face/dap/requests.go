package dap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/go-dap"

	"moonlark/engine/script/debug"
)

// errDisconnected says that the client has asked for the end of the connection.
var errDisconnected = errors.New("the client has disconnected")

// greet handles the first request of the client, which must be initialize. It sets c.session.
func (c *connection) greet(content []byte) error {
	m, err := decode(content)
	if err != nil {
		return err
	}
	r, ok := m.(*dap.InitializeRequest)
	if !ok {
		return errors.New("the first message is not the request initialize")
	}
	var lines struct {
		Arguments struct {
			LinesStartAt1 *bool `json:"linesStartAt1"`
		} `json:"arguments"`
	}
	json.Unmarshal(content, &lines) // decode has read the same text
	if c.base = 1; lines.Arguments.LinesStartAt1 != nil && !*lines.Arguments.LinesStartAt1 {
		c.base = 0
	}
	if c.session, err = c.server.debugger.Connect(c.event); err != nil {
		c.refuse(r.Request, err)
		return err
	}
	c.send(&dap.InitializeResponse{Response: c.response(r.Request), Body: dap.Capabilities{
		SupportsConfigurationDoneRequest:  true,
		SupportsConditionalBreakpoints:    true,
		SupportsHitConditionalBreakpoints: true,
		SupportsLogPoints:                 true,
		SupportsEvaluateForHovers:         true,
		SupportsSetVariable:               true,
		SupportsExceptionInfoRequest:      true,
		SupportsDelayedStackTraceLoading:  true,
		ExceptionBreakpointFilters: []dap.ExceptionBreakpointsFilter{
			{Filter: "uncaught", Label: "Uncaught errors", Description: "Errors that the script does not catch", Default: true},
			{Filter: "caught", Label: "Caught errors", Description: "Errors that the script catches, for example with pcall"},
		},
	}})
	return nil
}

// decode reads a message. The error is a *dap.DecodeProtocolMessageFieldError if the kind of the
// message is not known.
func decode(content []byte) (dap.Message, error) { return dap.DecodeProtocolMessage(content) }

func (c *connection) response(r dap.Request) dap.Response {
	return dap.Response{
		ProtocolMessage: dap.ProtocolMessage{Type: "response"}, Command: r.Command, RequestSeq: r.Seq, Success: true,
	}
}

// refuse answers a request with an error.
func (c *connection) refuse(r dap.Request, err error) {
	response := c.response(r)
	response.Success, response.Message = false, err.Error()
	c.send(&dap.ErrorResponse{Response: response, Body: dap.ErrorResponseBody{
		Error: &dap.ErrorMessage{Id: 1, Format: err.Error(), ShowUser: true},
	}})
}

// handle handles a message of the client. It returns an error if the connection must end.
func (c *connection) handle(ctx context.Context, content []byte) error {
	m, err := decode(content)
	var unknown *dap.DecodeProtocolMessageFieldError
	switch {
	case errors.As(err, &unknown) && unknown.SubType == "Request":
		c.refuse(dap.Request{ProtocolMessage: dap.ProtocolMessage{Seq: unknown.Seq}, Command: unknown.FieldValue}, err)
		return nil
	case err != nil:
		return err
	}
	r, ok := m.(dap.RequestMessage)
	if !ok {
		return nil // a response or an event, which we have not asked for
	}
	answer, err := c.answer(ctx, r)
	switch {
	case errors.Is(err, errDisconnected):
		c.send(answer)
		return err
	case err != nil:
		c.refuse(*r.GetRequest(), err)
	case answer != nil:
		c.send(answer)
	}
	c.follow(r, err)
	return nil
}

// follow does what must happen after the answer to a request.
func (c *connection) follow(r dap.RequestMessage, err error) {
	switch r.(type) {
	case *dap.AttachRequest, *dap.LaunchRequest:
		if err == nil {
			c.send(&dap.InitializedEvent{Event: newEvent("initialized")})
		}
	case *dap.ConfigurationDoneRequest:
		c.session.Configured()
	}
}

// answer returns the response to a request. It returns nil if the response has been sent.
func (c *connection) answer(ctx context.Context, m dap.RequestMessage) (dap.Message, error) {
	response := c.response(*m.GetRequest())
	switch r := m.(type) {
	case *dap.AttachRequest:
		return &dap.AttachResponse{Response: response}, c.mapPaths(r.Arguments)
	case *dap.LaunchRequest:
		return &dap.LaunchResponse{Response: response}, c.mapPaths(r.Arguments)
	case *dap.ConfigurationDoneRequest:
		return &dap.ConfigurationDoneResponse{Response: response}, nil
	case *dap.DisconnectRequest:
		return &dap.DisconnectResponse{Response: response}, errDisconnected
	case *dap.SetBreakpointsRequest:
		body, err := c.setBreakpoints(r.Arguments)
		return &dap.SetBreakpointsResponse{Response: response, Body: body}, err
	case *dap.SetExceptionBreakpointsRequest:
		return &dap.SetExceptionBreakpointsResponse{Response: response}, c.setExceptions(r.Arguments.Filters)
	case *dap.ThreadsRequest:
		return &dap.ThreadsResponse{Response: response, Body: dap.ThreadsResponseBody{Threads: c.threads()}}, nil
	case *dap.StackTraceRequest:
		body, err := c.stackTrace(r.Arguments)
		return &dap.StackTraceResponse{Response: response, Body: body}, err
	case *dap.ScopesRequest:
		body, err := c.scopes(r.Arguments.FrameId)
		return &dap.ScopesResponse{Response: response, Body: body}, err
	case *dap.VariablesRequest:
		body, err := c.variables(r.Arguments)
		return &dap.VariablesResponse{Response: response, Body: body}, err
	case *dap.SetVariableRequest:
		v, err := c.session.SetVariable(ctx, r.Arguments.VariablesReference, r.Arguments.Name, r.Arguments.Value)
		return &dap.SetVariableResponse{Response: response, Body: dap.SetVariableResponseBody{
			Value: v.Value, Type: v.Type, VariablesReference: v.Reference, IndexedVariables: v.Indexed,
		}}, err
	case *dap.EvaluateRequest:
		body, err := c.evaluate(ctx, r.Arguments)
		return &dap.EvaluateResponse{Response: response, Body: body}, err
	case *dap.ExceptionInfoRequest:
		text, err := c.session.Exception(r.Arguments.ThreadId)
		return &dap.ExceptionInfoResponse{Response: response, Body: dap.ExceptionInfoResponseBody{
			ExceptionId: "error", Description: text, BreakMode: "always",
		}}, err
	case *dap.PauseRequest:
		return &dap.PauseResponse{Response: response}, c.session.Pause(r.Arguments.ThreadId)
	case *dap.ContinueRequest:
		return nil, c.session.Resume(r.Arguments.ThreadId, "", func() { c.send(&dap.ContinueResponse{Response: response}) })
	case *dap.NextRequest:
		return nil, c.session.Resume(r.Arguments.ThreadId, debug.StepOver, func() { c.send(&dap.NextResponse{Response: response}) })
	case *dap.StepInRequest:
		return nil, c.session.Resume(r.Arguments.ThreadId, debug.StepIn, func() { c.send(&dap.StepInResponse{Response: response}) })
	case *dap.StepOutRequest:
		return nil, c.session.Resume(r.Arguments.ThreadId, debug.StepOut, func() { c.send(&dap.StepOutResponse{Response: response}) })
	}
	return nil, fmt.Errorf("the request %s is not supported", m.GetRequest().Command)
}

// mapPaths reads the arguments of attach or launch. Both attach to this process.
func (c *connection) mapPaths(arguments json.RawMessage) error {
	var settings struct{ LocalRoot, RemoteRoot string }
	if len(arguments) > 0 {
		if err := json.Unmarshal(arguments, &settings); err != nil {
			return fmt.Errorf("localRoot and remoteRoot must be texts: %w", err)
		}
	}
	c.paths = pathMapping{settings.LocalRoot, settings.RemoteRoot}
	return nil
}

func (c *connection) setBreakpoints(a dap.SetBreakpointsArguments) (dap.SetBreakpointsResponseBody, error) {
	body := dap.SetBreakpointsResponseBody{Breakpoints: []dap.Breakpoint{}}
	if a.Source.Path == "" {
		return body, errors.New("the source has no path")
	}
	var want []debug.Breakpoint
	for _, b := range a.Breakpoints {
		want = append(want, debug.Breakpoint{
			Line: c.toScriptLine(b.Line), Condition: b.Condition, HitCondition: b.HitCondition, LogMessage: b.LogMessage,
		})
	}
	states, err := c.session.SetBreakpoints(c.paths.toScript(a.Source.Path), want)
	for _, s := range states {
		body.Breakpoints = append(body.Breakpoints, c.breakpoint(s))
	}
	return body, err
}

func (c *connection) setExceptions(filters []string) error {
	var uncaught, caught bool
	for _, f := range filters {
		switch f {
		case "uncaught":
			uncaught = true
		case "caught":
			caught = true
		default:
			return fmt.Errorf("there is no exception filter %q", f)
		}
	}
	c.session.StopAtErrors(uncaught, caught)
	return nil
}
