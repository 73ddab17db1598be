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
	"os"
	"slices"
	"sync/atomic"
	"time"

	"moonlark/engine/activity"
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
	// Contents returns what can be read with ReadContents, which waits only for a file.
	Contents() []activity.Source
	ReadContents(ctx context.Context, from activity.Source, table string, offset int) (activity.Page, error)

	Listen(listening bool) error
	Interrupt() error
	Approve(callID string, approved bool) error
	Reload()                        // waits for the reload
	ReloadScript(name string) error // waits for the reload

	// SetState waits until the script can run.
	SetState(ctx context.Context, scriptName, key string, value json.RawMessage) error

	Source(scriptName, file string) (remote.SourceView, error)
	FindSource(path string) (scriptName, file string, ok bool)
	CheckSource(e remote.SourceEdit) ([]remote.SourceError, error)
	SaveSource(e remote.SourceEdit) (remote.SourceSaved, error) // waits for the reload

	// AttendApprovals says that a person answers questions until leave is called. With typing, the person
	// answers them in their order.
	AttendApprovals(typing bool) (leave func())
}

// Recordings begin and end recordings. Outside tests they are a *record.Switch. Any goroutine may call the
// methods. They return the name of the recording's file.
type Recordings interface {
	Begin() (file string, err error)
	End() (file string, err error)
}

// Options are the options of the inspector. The zero value works.
type Options struct {
	// Edit says that the page may change the Lua files of the scripts.
	Edit bool
	// Recordings begin and end recordings. Nil means that the page cannot.
	Recordings Recordings
	// Folder has the files of the page, in place of those in the program. They are read again for each
	// request. Empty means those in the program.
	Folder string
	// Tabs are the tabs of what modules do.
	Tabs []*activity.Tab
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

// filesIn returns a handler for the files of the page in a folder.
func filesIn(folder string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := os.Stat(folder); err != nil {
			web.Fail(w, http.StatusInternalServerError, "--inspect-dir: "+err.Error())
			return
		}
		web.NewFiles("/", os.DirFS(folder)).ServeHTTP(w, r)
	})
}

// Mounts returns the handlers of the inspector for a server, except those of web.SharedFiles. With a
// nil agent, the page only shows a recording.
func Mounts(stream *web.Stream, agent Agent, opts Options) []control.Mount {
	all := slices.Clone(tabs)
	for _, t := range opts.Tabs {
		all = append(all, tabOf(t))
	}
	stream.AddField("tabs", func() any { return all })
	var files http.Handler = Files()
	if opts.Folder != "" {
		files = filesIn(opts.Folder)
	}
	mounts := []control.Mount{
		{Path: "/inspect", Handler: files, Public: true, MaxOpen: 32},
		{Path: "/inspect/", Handler: files, Public: true, MaxOpen: 32},
		{Path: "/events", Handler: eventsHandler(stream, agent), Streams: true, MaxOpen: web.MaxReaders},
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
	if opts.Recordings != nil {
		stream.AddField("can_record", func() any { return true })
		mounts = append(mounts, control.Mount{Path: "/recording", Handler: post(agent, recordingHandler(opts.Recordings))})
	}
	return append(mounts,
		control.Mount{Path: "/call", Handler: post(agent, new(caller).serve), Streams: true, MaxOpen: maxCalls},
		control.Mount{Path: "/state", Handler: stateHandler(agent)},
		control.Mount{Path: "/contents", Handler: contentsHandler(agent), MaxOpen: 4},
		control.Mount{Path: "/source", Handler: sourceHandler(agent, opts.Edit), Streams: true, MaxBody: maxSourceBody})
}

// eventsHandler serves GET /events. With the query attend=1, the client is a page on which a person answers
// the questions whether tools of MCP servers may be called.
func eventsHandler(stream *web.Stream, agent Agent) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if agent != nil && r.URL.Query().Get("attend") == "1" {
			defer agent.AttendApprovals(false)()
		}
		stream.ServeEvents(w, r)
	})
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
		if err != nil {
			web.FailBody(w, err)
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

// A caller serves the requests of pages to call a tool. Any goroutine may call its methods.
type caller struct {
	calls atomic.Int64 // number of calls so far; the id of a call contains it, so that no other call has that id
}

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

// serveReload serves POST /reload, which reloads all scripts, or the one of the body, and waits for the
// end. An example of a body is {"script": "lights.lua"}.
func serveReload(_ context.Context, agent Agent, body []byte) (any, error) {
	var reload struct {
		Script string `json:"script"`
	}
	if err := decode(body, &reload); err != nil {
		return nil, err
	}
	if reload.Script != "" {
		return done, agent.ReloadScript(reload.Script)
	}
	agent.Reload()
	return done, nil
}

// recordingHandler returns the handler of POST /recording, which begins or ends a recording. An example of
// a body is {"on": true}.
func recordingHandler(recordings Recordings) handler {
	return func(_ context.Context, _ Agent, body []byte) (any, error) {
		on, err := decodeOn(body)
		if err != nil {
			return nil, err
		}
		change := recordings.End
		if on {
			change = recordings.Begin
		}
		file, err := change()
		return map[string]string{"file": file}, err
	}
}

// decodeOn reads the body {"on": true} or {"on": false}.
func decodeOn(body []byte) (bool, error) {
	var switched struct {
		On *bool `json:"on"`
	}
	if err := decode(body, &switched); err != nil {
		return false, err
	}
	if switched.On == nil {
		return false, &badRequest{`want {"on": true} or {"on": false}`}
	}
	return *switched.On, nil
}

// serveListen serves POST /listen, which decides whether the agent hears the microphone. An example of
// a body is {"on": true}.
func serveListen(_ context.Context, agent Agent, body []byte) (any, error) {
	on, err := decodeOn(body)
	if err != nil {
		return nil, err
	}
	return done, agent.Listen(on)
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

// stateHandler serves GET /state?script=NAME, which returns the table state of a script, and POST /state,
// which sets one of its entries.
func stateHandler(agent Agent) http.Handler {
	set := post(agent, serveSetState)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			set.ServeHTTP(w, r)
			return
		}
		if !web.HasMethod(w, r, http.MethodGet, http.MethodHead, http.MethodPost) {
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), stateTimeout)
		defer cancel()
		state, tooLarge, err := agent.State(ctx, r.URL.Query().Get("script"))
		if err != nil {
			web.Fail(w, http.StatusConflict, describeTimeout(err).Error())
			return
		}
		web.Reply(w, http.StatusOK, struct {
			State    json.RawMessage `json:"state"`
			TooLarge []string        `json:"too_large,omitempty"`
		}{state, tooLarge})
	})
}

// serveSetState serves POST /state, which sets an entry of the table state of a script; the value null
// removes the entry. An example of a body is {"script": "lights.lua", "key": "room", "value": "hall"}.
func serveSetState(ctx context.Context, agent Agent, body []byte) (any, error) {
	var entry struct {
		Script string          `json:"script"`
		Key    string          `json:"key"`
		Value  json.RawMessage `json:"value"`
	}
	if err := decode(body, &entry); err != nil {
		return nil, err
	}
	if entry.Script == "" || entry.Key == "" || len(entry.Value) == 0 {
		return nil, &badRequest{`want {"script": "NAME", "key": "...", "value": ...}`}
	}
	ctx, cancel := context.WithTimeout(ctx, stateTimeout)
	defer cancel()
	return done, describeTimeout(agent.SetState(ctx, entry.Script, entry.Key, entry.Value))
}

// describeTimeout returns err, or says that the script does not respond if err is the end of a timeout.
func describeTimeout(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("the script does not respond")
	}
	return err
}
