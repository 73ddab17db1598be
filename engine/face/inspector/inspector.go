// Package inspector serves a page in the browser that shows a running agent and drives it: the
// conversation with the time that each part of a turn took, the scripts and tools, the log, and forms
// to call tools.
//
// The page gets everything from the stream of package web and from the requests that this package
// answers. It has no state that matters: a page that is loaded again shows the same.
package inspector

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"sync/atomic"
	"time"

	"moonlark/engine/face/control"
	"moonlark/engine/face/web"
	"moonlark/engine/remote"
	"moonlark/engine/tool"
)

//go:embed page
var page embed.FS

// An Agent is the running agent that the inspector drives. Outside tests it is a *remote.Remote. Any
// goroutine may call the methods.
type Agent interface {
	// Loading reports whether a script is being loaded.
	Loading() bool
	// CallTool runs a tool and waits for its result, and State waits until the script can run.
	CallTool(ctx context.Context, name string, args json.RawMessage, opts remote.CallOptions) (tool.Result, error)
	State(ctx context.Context, scriptName string) (state json.RawMessage, tooLarge []string, err error)

	Listen(listening bool) error
	Interrupt() error
	Approve(callID string, approved bool) error
	Reload() // waits for the reload
}

// maxCalls is the maximum number of tool calls of pages at the same time.
const maxCalls = 16

// Files returns the files of the page: /inspect and those below /inspect/.
func Files() *web.Files {
	tree, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return web.NewFiles("/", tree)
}

// Mounts returns the handlers of the inspector for a server, except those of web.SharedFiles. With a
// nil agent, the page only shows a recording.
func Mounts(stream *web.Stream, agent Agent) []control.Mount {
	stream.AddField("tabs", func() any { return tabs })
	files := Files()
	mounts := []control.Mount{
		{Path: "/inspect", Handler: files, Public: true, MaxOpen: 32},
		{Path: "/inspect/", Handler: files, Public: true, MaxOpen: 32},
		{Path: "/events", Handler: http.HandlerFunc(stream.ServeEvents), Streams: true, MaxOpen: web.MaxReaders},
		{Path: "/snapshot", Handler: http.HandlerFunc(stream.ServeSnapshot)},
	}
	if agent == nil {
		return mounts
	}
	for path, handle := range map[string]handler{
		"/reload": serveReload, "/listen": serveListen, "/interrupt": serveInterrupt, "/approve": serveApprove,
	} {
		mounts = append(mounts, control.Mount{Path: path, Handler: post(agent, handle), Streams: true})
	}
	return append(mounts,
		control.Mount{Path: "/call", Handler: post(agent, new(caller).serve), Streams: true, MaxOpen: maxCalls},
		control.Mount{Path: "/state", Handler: stateHandler(agent)})
}

// A handler answers one POST request. body is a JSON object. The answer becomes the response.
type handler func(ctx context.Context, agent Agent, body []byte) (answer any, err error)

// post returns a handler for POST requests.
func post(agent Agent, handle handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !web.HasMethod(w, r, http.MethodPost) {
			return
		}
		body, err := io.ReadAll(r.Body)
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			web.Fail(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", tooLarge.Limit))
			return
		}
		if err != nil {
			web.Fail(w, http.StatusBadRequest, "the body could not be read: "+err.Error())
			return
		}
		if len(body) == 0 {
			body = []byte("{}")
		}
		answer, err := handle(r.Context(), agent, body)
		var bad *badRequest
		switch {
		case errors.As(err, &bad):
			web.Fail(w, http.StatusBadRequest, err.Error())
		case err != nil:
			web.Fail(w, http.StatusConflict, err.Error())
		default:
			web.Reply(w, http.StatusOK, answer)
		}
	})
}

// A badRequest is an error for a request that is wrong whatever the agent does.
type badRequest struct{ text string }

func (e *badRequest) Error() string { return e.text }

// decode reads a JSON object into v. Unknown fields are an error, because they are probably misspelt.
func decode(body []byte, v any) error {
	if err := web.DecodeObject(body, v); err != nil {
		return &badRequest{"want a JSON object of the right form: " + err.Error()}
	}
	return nil
}

var done = map[string]bool{"ok": true}

// A callAnswer is the response to POST /call.
type callAnswer struct {
	Result    string   `json:"result"`
	IsError   bool     `json:"is_error"`
	ErrorType string   `json:"error_type,omitempty"`
	Seconds   float64  `json:"seconds"`
	CPU       float64  `json:"cpu"`    // seconds that Lua ran for the call
	Waited    float64  `json:"waited"` // seconds that the handler spent in waits
	Queued    float64  `json:"queued"` // seconds before the handler began
	Prints    []string `json:"prints"`
}

var errLoading = errors.New("a script is being loaded; try again in a moment")

// A caller calls tools. Each call has an id of its own.
type caller struct{ calls atomic.Int64 }

// serve serves POST /call, which calls a tool and waits for the result. An example of a body is
// {"tool": "light", "args": {"on": true}}.
func (c *caller) serve(ctx context.Context, agent Agent, body []byte) (any, error) {
	var call struct {
		Tool string          `json:"tool"`
		Args json.RawMessage `json:"args"`
	}
	if err := decode(body, &call); err != nil {
		return nil, err
	}
	if call.Tool == "" {
		return nil, &badRequest{"tool: want the name of a tool"}
	}
	if len(call.Args) > 0 && call.Args[0] != '{' {
		return nil, &badRequest{"args: want an object"}
	}
	if agent.Loading() {
		return nil, errLoading
	}
	var report remote.CallReport
	result, err := agent.CallTool(ctx, call.Tool, call.Args, remote.CallOptions{
		ID: fmt.Sprintf("inspector-%d", c.calls.Add(1)), Client: "inspector", Source: "inspector", Report: &report,
	})
	if err != nil {
		return nil, err
	}
	return callAnswer{
		Result: result.Text, IsError: result.IsError, ErrorType: string(result.Type), Seconds: report.Took.Seconds(), CPU: report.CPU.Seconds(),
		Waited: report.Waited.Seconds(), Queued: report.Queued.Seconds(), Prints: append([]string{}, report.Prints...),
	}, nil
}

// serveReload serves POST /reload, which reloads all scripts and waits for the end.
func serveReload(_ context.Context, agent Agent, body []byte) (any, error) {
	if err := decode(body, &struct{}{}); err != nil {
		return nil, err
	}
	agent.Reload()
	return done, nil
}

// serveListen serves POST /listen, which decides whether the agent hears the microphone. An example of
// a body is {"on": true}.
func serveListen(_ context.Context, agent Agent, body []byte) (any, error) {
	var listen struct {
		On *bool `json:"on"`
	}
	if err := decode(body, &listen); err != nil {
		return nil, err
	}
	if listen.On == nil {
		return nil, &badRequest{`want {"on": true} or {"on": false}`}
	}
	return done, agent.Listen(*listen.On)
}

// serveInterrupt serves POST /interrupt, which silences the agent's reply.
func serveInterrupt(_ context.Context, agent Agent, body []byte) (any, error) {
	if err := decode(body, &struct{}{}); err != nil {
		return nil, err
	}
	return done, agent.Interrupt()
}

// serveApprove serves POST /approve, which answers the agent's request to approve a call of an MCP
// tool. An example of a body is {"call_id": "c1", "approved": true}.
func serveApprove(_ context.Context, agent Agent, body []byte) (any, error) {
	var answer struct {
		CallID   string `json:"call_id"`
		Approved *bool  `json:"approved"`
	}
	if err := decode(body, &answer); err != nil {
		return nil, err
	}
	if answer.CallID == "" || answer.Approved == nil {
		return nil, &badRequest{`want {"call_id": "...", "approved": true}`}
	}
	return done, agent.Approve(answer.CallID, *answer.Approved)
}

// stateTimeout is how long a request waits for a script that does not respond.
const stateTimeout = 5 * time.Second

// stateHandler serves GET /state?script=NAME, which returns the table state of a script.
func stateHandler(agent Agent) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !web.HasMethod(w, r, http.MethodGet, http.MethodHead) {
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), stateTimeout)
		defer cancel()
		state, tooLarge, err := agent.State(ctx, r.URL.Query().Get("script"))
		if errors.Is(err, context.DeadlineExceeded) {
			err = errors.New("the script does not respond")
		}
		if err != nil {
			web.Fail(w, http.StatusConflict, err.Error())
			return
		}
		web.Reply(w, http.StatusOK, struct {
			State    json.RawMessage `json:"state"`
			TooLarge []string        `json:"too_large,omitempty"`
		}{state, tooLarge})
	})
}
