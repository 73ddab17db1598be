package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/guess"
	"moonlark/engine/safetext"
	"moonlark/engine/tool"
)

// refreshResources does the part of Refresh for resources. The caller must hold s.mu.
func (s *Server) refreshResources() {
	resources, templates := make(map[string]any), make(map[string]any)
	for _, r := range s.remote.Resources() {
		if r.IsTemplate() {
			templates[r.URI] = &sdk.ResourceTemplate{URITemplate: r.URI, Name: r.Name, Title: r.Title, Description: r.Description, MIMEType: r.MIME}
		} else {
			resources[r.URI] = &sdk.Resource{URI: r.URI, Name: r.Name, Title: r.Title, Description: r.Description, MIMEType: r.MIME}
		}
	}
	s.hadResources = s.hadResources || len(resources)+len(templates) > 0
	changed, gone := s.resources.replace(resources)
	changedTemplates, goneTemplates := s.templates.replace(templates)
	s.noteChange(resourcesChanged, changed, gone, changedTemplates, goneTemplates)
	if len(gone) > 0 {
		s.sdk.RemoveResources(gone...)
	}
	for _, uri := range changed {
		s.sdk.AddResource(resources[uri].(*sdk.Resource), s.read)
	}
	if len(goneTemplates) > 0 {
		s.sdk.RemoveResourceTemplates(goneTemplates...)
	}
	for _, uri := range changedTemplates {
		s.sdk.AddResourceTemplate(templates[uri].(*sdk.ResourceTemplate), s.read)
	}
}

// read reads a resource for a client.
func (s *Server) read(ctx context.Context, request *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
	uri := request.Params.URI
	opts, end, err := s.begin(ctx, request.Session, request.Params)
	if err != nil {
		return nil, err
	}
	defer end()
	content, err := s.remote.ReadResource(ctx, uri, opts)
	if is(err, tool.NotFound) {
		return nil, notFound(uri, err.Error())
	} else if err != nil {
		return nil, protocolError(err)
	}
	if content.Text == "" && content.Bytes == nil {
		content.Bytes = []byte{} // the library leaves out an empty text, but one of the two must be there
	}
	return &sdk.ReadResourceResult{
		Cacheable: sdk.Cacheable{CacheScope: "private"}, // only this client may use the content again
		Contents:  []*sdk.ResourceContents{{URI: uri, MIMEType: content.MIME, Text: content.Text, Blob: content.Bytes}},
	}, nil
}

// passRead passes on a request to read a resource. It replaces the URI by its canonical form for the
// library, which finds no other form, and puts the client's own URI into the result.
func (s *Server) passRead(ctx context.Context, method string, request sdk.Request, params *sdk.ReadResourceParams, next sdk.MethodHandler) (sdk.Result, error) {
	uri := params.URI
	var known []string
	var best *tool.Resource
	for _, r := range s.remote.Resources() {
		known = append(known, r.URI)
		if _, ok := r.Match(uri); ok && (best == nil || r.Precedes(best)) {
			best = r
		}
	}
	if best == nil {
		return nil, notFound(uri, fmt.Sprintf("there is no resource %q%s", safetext.Cut(uri, maxShownURI, "…"), guess.DidYouMean(uri, known)))
	}
	params.URI, _ = best.Canonical(uri)
	result, err := next(ctx, method, request)
	if read, ok := result.(*sdk.ReadResourceResult); ok && read != nil {
		for _, c := range read.Contents {
			c.URI = uri
		}
	}
	return result, err
}

// maxShownURI is the maximum length of a URI in an error, in bytes.
const maxShownURI = 200

// notFound returns the error for a resource that does not exist.
func notFound(uri, message string) error {
	data, _ := json.Marshal(map[string]string{"uri": safetext.Cut(uri, maxShownURI, "…")}) // cannot fail
	return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: message, Data: data}
}

// refreshPrompts does the part of Refresh for prompts. The caller must hold s.mu.
func (s *Server) refreshPrompts() {
	now := make(map[string]any)
	for _, p := range s.remote.Prompts() {
		prompt := &sdk.Prompt{Name: p.Name, Title: p.Title, Description: p.Description}
		for _, a := range p.Arguments {
			prompt.Arguments = append(prompt.Arguments, &sdk.PromptArgument{Name: a.Name, Title: a.Title, Description: a.Description, Required: a.Required})
		}
		now[p.Name] = prompt
	}
	s.hadPrompts = s.hadPrompts || len(now) > 0
	changed, gone := s.prompts.replace(now)
	s.noteChange(promptsChanged, changed, gone)
	if len(gone) > 0 {
		s.sdk.RemovePrompts(gone...)
	}
	for _, name := range changed {
		s.sdk.AddPrompt(now[name].(*sdk.Prompt), s.getPrompt)
	}
}

// getPrompt gets the messages of a prompt for a client.
func (s *Server) getPrompt(ctx context.Context, request *sdk.GetPromptRequest) (*sdk.GetPromptResult, error) {
	opts, end, err := s.begin(ctx, request.Session, request.Params)
	if err != nil {
		return nil, err
	}
	defer end()
	messages, err := s.remote.GetPrompt(ctx, request.Params.Name, request.Params.Arguments, opts)
	if err != nil {
		return nil, protocolError(err)
	}
	result := &sdk.GetPromptResult{Messages: []*sdk.PromptMessage{}}
	for _, m := range messages {
		result.Messages = append(result.Messages, &sdk.PromptMessage{Role: sdk.Role(m.Role), Content: &sdk.TextContent{Text: m.Text}})
	}
	return result, nil
}

// is reports whether err is a request error of this type.
func is(err error, t tool.RequestErrorType) bool {
	var failed *tool.RequestError
	return errors.As(err, &failed) && failed.Type == t
}

// protocolError returns the error that a client gets for an error of the Remote: wrong parameters if
// the client can correct its request, and otherwise an internal error.
func protocolError(err error) error {
	var failed *tool.RequestError
	if !errors.As(err, &failed) {
		return err
	}
	code := int64(jsonrpc.CodeInternalError)
	if failed.Type != tool.RequestFailed {
		code = jsonrpc.CodeInvalidParams
	}
	return &jsonrpc.Error{Code: code, Message: failed.Text}
}
