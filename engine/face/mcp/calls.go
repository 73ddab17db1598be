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

// maxCalls is the maximum number of calls that wait for their results at a time, of all clients
// together.
const maxCalls = 64

// maxClientName is the maximum length of the name of a client, in bytes. Longer names are cut.
const maxClientName = 64

// call runs a tool for a client. Errors of the tool are results, so that the language model of the
// client can read them and mend its call.
func (s *Server) call(ctx context.Context, request *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	name := request.Params.Name
	defer s.running.Add(-1)
	if s.running.Add(1) > maxCalls {
		return resultOf(tool.Failed(tool.ExternalClient, "%s is busy: too many calls are waiting; try again in a moment", name)), nil
	}
	opts := remote.CallOptions{ID: fmt.Sprintf("mcp-%d", s.calls.Add(1)), Client: clientOf(request)}
	if token := request.Params.GetProgressToken(); token != nil {
		p := startProgress(func(u update) {
			// an error means that the client has left, which ctx says too
			request.Session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{
				ProgressToken: token, Progress: u.done, Total: u.total, Message: u.message,
			})
		})
		defer p.end()
		opts.Progress = p.report
	}
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

// clientOf returns the name of the program that sent the request, as the program gives it, or "" if
// it gives none.
func clientOf(request *sdk.CallToolRequest) string {
	var name string
	if info := clientInfo(request); info != nil {
		name = info.Name
	}
	return safetext.Cut(safetext.Line(name), maxClientName, "…")
}

// clientInfo returns what the client said about itself: with this request, or when its session began.
// It returns nil if the client said nothing.
func clientInfo(request *sdk.CallToolRequest) *sdk.Implementation {
	if value, ok := request.Params.GetMeta()[sdk.MetaKeyClientInfo]; ok {
		info := new(sdk.Implementation)
		if text, err := json.Marshal(value); err == nil && json.Unmarshal(text, info) == nil {
			return info
		}
	}
	if begin := request.Session.InitializeParams(); begin != nil {
		return begin.ClientInfo
	}
	return nil
}

// refuse answers requests that the library would answer in a way that is wrong for this server, and
// passes all others on.
func (s *Server) refuse(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, request sdk.Request) (sdk.Result, error) {
		switch group, _, _ := strings.Cut(method, "/"); {
		case group == "prompts" || group == "resources" || group == "completion" || group == "logging":
			// the server does not say that it has them, and so a list without elements would be wrong
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: fmt.Sprintf("there is no method %q", method)}
		case method == "tools/call":
			if params, ok := request.GetParams().(*sdk.CallToolParamsRaw); ok {
				if err := s.unknown(params.Name); err != nil {
					return nil, err
				}
			}
		}
		return next(ctx, method, request)
	}
}

// unknown returns an error if clients may not call a tool of this name, and otherwise nil.
func (s *Server) unknown(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listed[name] != nil {
		return nil
	}
	var names []string
	for known := range s.listed {
		names = append(names, known)
	}
	return &jsonrpc.Error{
		Code:    jsonrpc.CodeInvalidParams,
		Message: fmt.Sprintf("there is no tool %q%s", safetext.Cut(name, 128, "…"), guess.DidYouMean(name, names)),
	}
}
