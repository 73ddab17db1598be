// Package screen serves the page that the visitors of a kiosk see. The page shows the document of engine/screen,
// what the agent and the user say, and what the conversation is doing. It sends touches.
//
// The page gets its state from one stream of server-sent events, /screen/events. Each event is a whole
// state, not a change, so that a page that has just come, was asleep or was cut off needs no other
// request. A client with the token of the screen may use only the paths below /screen.
package screen

import (
	"embed"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"moonlark/audio/browser"
	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/face/web"
	"moonlark/engine/health"
	"moonlark/engine/safetext"
	"moonlark/engine/screen"
	"moonlark/engine/tool"
)

//go:embed page
var page embed.FS

// An Agent is the running agent that the page shows. Outside tests it is a *remote.Remote. Any goroutine
// may call the methods, none of which waits.
type Agent interface {
	// Screen returns what the page shows.
	Screen() *screen.Screen
	// Touch carries out a touch of the page. The errors are those of [screen.Screen.Touch].
	Touch(screen.Touch) error
	// Health returns the state of the devices.
	Health() health.Report
	// Tools returns the tools of the scripts, whose titles the page shows.
	Tools() []*tool.Spec
	// Interrupt silences the agent's reply.
	Interrupt() error
	// Levels returns how loud the speaker and the microphone are, in dBFS. The error says that there is no
	// sound.
	Levels() (speaker, microphone float64, err error)
}

// A Server serves the page. Any goroutine may call its methods.
type Server struct {
	version string
	sound   *browser.Use // what the page does with the agent's sound; nil for nothing
	readers atomic.Int32 // number of open streams

	agent Agent // set by Mounts

	mu    sync.Mutex // guards the fields below
	voice voice
	grown chan struct{} // closed when voice changes; nil while no stream waits
}

// New returns a Server. version is that of the program; a page of another version loads itself again.
func New(version string) *Server { return &Server{version: version} }

// UseSound makes the page carry the agent's sound, which its browser plays and records. Call it before Mounts.
func (s *Server) UseSound(use browser.Use) { s.sound = &use }

// Watch makes the Server receive the events of a bus, until the caller closes the subscription that Watch
// returns. Subscribe before the scripts are loaded. The loudness of the microphone is asked for only while a
// page is open.
func (s *Server) Watch(b *bus.Bus) *bus.Subscription {
	return b.Subscribe(func(t bus.Type) bool { return voiceEvents[t] && (t != bus.Loudness || s.readers.Load() > 0) }, s.note)
}

// note updates the voice with an event, and wakes the streams if the state has changed.
func (s *Server) note(e bus.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.voice.state(nil)
	s.voice.note(e)
	if s.voice.state(nil) == before {
		return
	}
	if s.grown != nil {
		close(s.grown)
		s.grown = nil
	}
}

// current returns what the page shows of the conversation, and a channel that is closed when it changes. The
// state is without the words that the screen does not show.
func (s *Server) current() (state voiceState, grown <-chan struct{}) {
	report := s.agent.Health()
	title := func(name string) string {
		for _, spec := range s.agent.Tools() {
			if spec.Name == name {
				return spec.Title
			}
		}
		return ""
	}
	captions := s.agent.Screen().Settings().Captions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.voice.silent = report.Speaker == nil
	if s.grown == nil {
		s.grown = make(chan struct{})
	}
	state = s.voice.state(title)
	state.hide(captions)
	return state, s.grown
}

// Files returns the files of the page: /screen and those below /screen/.
func Files() *web.Files {
	tree, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return web.NewFiles("/", tree)
}

const (
	maxStreams = 16
	maxBody    = 4 << 10 // of a touch, in bytes
)

// Mounts returns the handlers of the page for a server, except those of web.SharedFiles. From then on, a page
// is expected to be open: see screen.Screen.Missing.
func (s *Server) Mounts(agent Agent) []control.Mount {
	s.agent = agent
	agent.Screen().ExpectPages()
	files := Files()
	return []control.Mount{
		{Path: "/screen", Handler: files, Public: true, MaxOpen: 32},
		{Path: "/screen/", Handler: files, Public: true, MaxOpen: 32},
		{Path: "/screen/events", Handler: http.HandlerFunc(s.serveEvents), Streams: true, ForScreen: true, MaxOpen: maxStreams},
		{Path: "/screen/doc", Handler: get(s.serveDocument), ForScreen: true},
		{Path: "/screen/image", Handler: get(s.serveImage), ForScreen: true, MaxOpen: 16},
		{Path: "/screen/touch", Handler: http.HandlerFunc(s.serveTouch), ForScreen: true, MaxBody: maxBody},
		{Path: "/screen/stop", Handler: http.HandlerFunc(s.serveStop), ForScreen: true, MaxBody: maxBody},
	}
}

// get returns a handler that refuses other methods than GET and HEAD.
func get(handle http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if web.HasMethod(w, r, http.MethodGet, http.MethodHead) {
			handle(w, r)
		}
	})
}

// A document is the document with what the page has to know about the program.
type document struct {
	Boot    string `json:"boot"`    // differs after a restart of the program
	Version string `json:"version"` // of the program
	// Sound is what the page does with the agent's sound; nil for nothing.
	Sound *browser.Use `json:"sound,omitempty"`
	screen.Document
}

func (s *Server) document() document {
	scr := s.agent.Screen()
	return document{scr.Boot(), s.version, s.sound, scr.Document()}
}

// serveDocument serves GET /screen/doc, which returns what the screen shows as JSON.
func (s *Server) serveDocument(w http.ResponseWriter, _ *http.Request) {
	web.Reply(w, http.StatusOK, s.document())
}

// serveImage serves GET /screen/image?h=HASH, a picture of the document.
func (s *Server) serveImage(w http.ResponseWriter, r *http.Request) {
	image := s.agent.Screen().Image(r.URL.Query().Get("h"))
	if image == nil {
		web.Fail(w, http.StatusNotFound, "the screen does not show this picture")
		return
	}
	h := w.Header()
	web.SetPageHeaders(h)
	// an SVG image that is opened by itself runs and loads nothing
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Content-Type", image.Type)
	h.Set("Content-Length", strconv.Itoa(len(image.Data)))
	h.Set("Cache-Control", "private, max-age=31536000, immutable") // the address changes with the content
	if r.Method == http.MethodGet {
		w.Write(image.Data) // an error means that the client has gone away
	}
}

// post reads the JSON body of a POST request into v. It returns false if it has sent an error.
func post(w http.ResponseWriter, r *http.Request, v any) bool {
	if !web.HasMethod(w, r, http.MethodPost) {
		return false
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		web.Fail(w, http.StatusUnsupportedMediaType, "want the header Content-Type: application/json")
		return false
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		web.FailBody(w, err)
		return false
	}
	if err := web.DecodeObject(body, v); err != nil {
		web.Fail(w, http.StatusBadRequest, "want a JSON object of the right form: "+err.Error())
		return false
	}
	return true
}

// serveTouch serves POST /screen/touch. An example of a body is {"id": "3f2a9c01-4", "action": "press"}.
func (s *Server) serveTouch(w http.ResponseWriter, r *http.Request) {
	var touch screen.Touch
	if !post(w, r, &touch) {
		return
	}
	err := s.agent.Touch(touch)
	switch {
	case err == nil:
		web.Reply(w, http.StatusAccepted, map[string]bool{"ok": true})
	case errors.Is(err, screen.ErrTooMany):
		w.Header().Set("Retry-After", "1")
		web.Fail(w, http.StatusTooManyRequests, err.Error())
	case errors.Is(err, screen.ErrAction):
		web.Fail(w, http.StatusBadRequest, err.Error())
	default:
		web.Fail(w, http.StatusConflict, err.Error())
	}
}

// serveStop serves POST /screen/stop, which silences the agent.
func (s *Server) serveStop(w http.ResponseWriter, r *http.Request) {
	if !post(w, r, &struct{}{}) {
		return
	}
	if err := s.agent.Interrupt(); err != nil {
		web.Fail(w, http.StatusConflict, err.Error())
		return
	}
	web.Reply(w, http.StatusAccepted, map[string]bool{"ok": true})
}

// pageInfo returns what the page says about itself in its request for the events.
func pageInfo(r *http.Request) screen.PageInfo {
	q := r.URL.Query()
	number := func(name string) int {
		n, err := strconv.Atoi(q.Get(name))
		if err != nil {
			return 0
		}
		return min(max(n, 0), 100000)
	}
	return screen.PageInfo{Width: number("width"), Height: number("height"), Touch: q.Get("touch") == "1", ID: safetext.Cut(q.Get("page"), 64, "")}
}
