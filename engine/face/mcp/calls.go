package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/guess"
	"moonlark/engine/remote"
	"moonlark/engine/safetext"
	"moonlark/engine/tool"
)

// maxCalls is the maximum number of calls and requests of all clients together that wait for their
// results.
const maxCalls = 64

// maxClientName is the maximum length of the name of a client, in bytes. Longer names are cut.
const maxClientName = 64

// errBusy says that too many calls wait for their results.
var errBusy = &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "too many calls are waiting; try again in a moment"}

// begin counts a call of a client and returns its options. params are the parameters of the client's
// request. begin returns errBusy if there are too many calls. Otherwise the caller must call end when
// it has the result of the call, and before it sends the result to the client.
func (s *Server) begin(ctx context.Context, session *sdk.ServerSession, params sdk.RequestParams) (opts remote.CallOptions, end func(), err error) {
	if s.running.Add(1) > maxCalls {
		s.running.Add(-1)
		return opts, nil, errBusy
	}
	opts = remote.CallOptions{ID: fmt.Sprintf("mcp-%d", s.calls.Add(1)), Client: clientOf(session, params), Via: "mcp"}
	token := params.GetProgressToken()
	if token == nil {
		return opts, func() { s.running.Add(-1) }, nil
	}
	p := startProgress(func(u update) {
		// an error means that the client has left, which ctx says too
		session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{
			ProgressToken: token, Progress: u.done, Total: u.total, Message: u.message,
		})
	})
	opts.Progress = p.report
	return opts, func() {
		p.end()
		s.running.Add(-1)
	}, nil
}

// call runs a tool for a client. Errors of the tool are results, so that the language model of the
// client can read them and correct its call.
func (s *Server) call(ctx context.Context, request *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	name := request.Params.Name
	opts, end, err := s.begin(ctx, request.Session, request.Params)
	if err != nil {
		return resultOf(tool.Failed(tool.ExternalClient, "%s is busy: %s", name, errBusy.Message)), nil
	}
	defer end()
	result, err := s.remote.CallTool(ctx, name, request.Params.Arguments, opts)
	if err != nil {
		return nil, err
	}
	return resultOf(result), nil
}

// resultOf returns a tool result as clients expect it.
func resultOf(r tool.Result) *sdk.CallToolResult {
	result := &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: r.Text}}, IsError: r.IsError}
	if r.Type == tool.UserRejected {
		result.Content = []sdk.Content{&sdk.TextContent{Text: "The user said no: " + r.Text}}
	}
	if r.Data != nil && !r.IsError {
		result.StructuredContent = r.Data
	}
	return result
}

// clientOf returns the name of the program that sent the request with these parameters, as the program
// gives it, or "" if it gives none.
func clientOf(session *sdk.ServerSession, params sdk.RequestParams) string {
	var name string
	if info := clientInfo(session, params); info != nil {
		name = info.Name
	}
	return safetext.Cut(safetext.Line(name), maxClientName, "…")
}

// clientInfo returns what the client said about itself: with this request, or when its session began.
// It returns nil if the client said nothing.
func clientInfo(session *sdk.ServerSession, params sdk.RequestParams) *sdk.Implementation {
	if value, ok := params.GetMeta()[sdk.MetaKeyClientInfo]; ok {
		info := new(sdk.Implementation)
		if text, err := json.Marshal(value); err == nil && json.Unmarshal(text, info) == nil {
			return info
		}
	}
	if begin := session.InitializeParams(); begin != nil {
		return begin.ClientInfo
	}
	return nil
}

// refuse answers requests that the library would answer in a way that is wrong for this server, and
// passes all others on.
func (s *Server) refuse(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, request sdk.Request) (sdk.Result, error) {
		if !s.offers(method) {
			// the library would return a list without elements
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: fmt.Sprintf("there is no method %q", method)}
		}
		switch params := request.GetParams().(type) {
		case *sdk.CallToolParamsRaw:
			if err := s.checkListed("tool", params.Name, &s.tools); err != nil {
				return nil, err
			}
		case *sdk.GetPromptParams:
			if err := s.checkListed("prompt", params.Name, &s.prompts); err != nil {
				return nil, err
			}
		case *sdk.ReadResourceParams:
			return s.passRead(ctx, method, request, params, next)
		}
		return next(ctx, method, request)
	}
}

// offers reports whether the server has what the method is for. Once there were resources or prompts, it
// keeps their methods.
func (s *Server) offers(method string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch group, _, _ := strings.Cut(method, "/"); group {
	case "prompts":
		return s.hadPrompts
	case "resources":
		return s.hadResources
	case "completion", "logging":
		return false
	}
	return true
}

// checkListed returns an error if clients do not see a thing of this kind and name. l is the listing of
// the things of this kind.
func (s *Server) checkListed(kind, name string, l *listing) error {
	if s.lists(l, name) {
		return nil
	}
	s.Refresh() // a script may have been loaded just now
	if s.lists(l, name) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &jsonrpc.Error{
		Code:    jsonrpc.CodeInvalidParams,
		Message: fmt.Sprintf("there is no %s %q%s", kind, safetext.Cut(name, 128, "…"), guess.DidYouMean(name, l.names())),
	}
}

// lists reports whether l, a listing of s, has a thing of this name.
func (s *Server) lists(l *listing, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return l.has(name)
}
