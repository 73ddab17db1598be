// Package remote has the functions that drive a running agent, such as Say and Stop. Scripts call
// them through the Lua modules session and audio, other programs through HTTP, and the terminal
// when the user types.
//
// Without a conversation, or without sound, the functions that need it return an error. No function
// blocks unless its comment says so. Any goroutine may call any of them.
package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"moonlark/engine/activity"
	"moonlark/engine/agentsettings"
	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/dialog"
	"moonlark/engine/health"
	"moonlark/engine/life"
	"moonlark/engine/pins/sim"
	"moonlark/engine/screen"
	"moonlark/engine/script"
	"moonlark/engine/speech"
	"moonlark/engine/voice"
)

// Parts are the parts of the program that a Remote uses. Bus and Scripts must be set. The other
// fields are nil in a program without conversations or without sound.
type Parts struct {
	Bus     *bus.Bus
	Scripts *script.Scripts
	Life    *life.Life
	Turns   *dialog.Turns
	Voice   *voice.Voice
	Pins    *sim.Chip      // the simulated pins; nil if scripts use those of the machine
	Screen  *screen.Screen // what the pages of a kiosk show; nil if there is none
	// Approvals are the questions whether tools of MCP servers may be called.
	Approvals *script.Approvals

	// Speak and Transcribe are text to speech and speech to text for the scripts: see package speech.
	// Nil means that there is none.
	Speak      func(ctx context.Context, u speech.Utterance, play func(sound []float32) error) error
	Transcribe func(ctx context.Context, r speech.Request, sound []float32) (string, error)

	// Fleet returns the state of the bundles of scripts. Nil means that the device runs none.
	Fleet func() *health.Fleet

	// Reload loads the scripts at these paths again, or every script if there are none, and returns
	// after that. ReloadChanged loads those of which a file has changed since their latest load. Events
	// are the names of the agent's and Moonlark's own events, which Raise refuses.
	Reload, ReloadChanged func(paths ...string)
	Events                []string
}

// A Remote drives a running agent. Call Connect before all other methods.
type Remote struct {
	parts  atomic.Pointer[Parts]         // set by Connect
	dialog atomic.Pointer[dialog.Dialog] // the dialog in progress; nil between two dialogs
	later  atomic.Pointer[sentence]      // what to say when the next dialog has begun; nil for nothing
}

// Connect sets the parts of the program that r drives. Call it before all other methods.
func (r *Remote) Connect(p Parts) { r.parts.Store(&p) }

// SetDialog sets the dialog in progress, nil when there is none.
func (r *Remote) SetDialog(d *dialog.Dialog) { r.dialog.Store(d) }

// with calls do with the dialog in progress and returns do's error. It returns
// life.ErrNoConversation when there is no dialog.
func (r *Remote) with(do func(*dialog.Dialog) error) error {
	d := r.dialog.Load()
	if d == nil {
		return life.ErrNoConversation
	}
	return do(d)
}

// Start asks for a conversation with the settings s and returns without waiting for it. preroll
// says that the agent must first hear the sound that the microphone recorded just before this call.
// The error says why a conversation is impossible now.
func (r *Remote) Start(s agentsettings.Settings, preroll bool) error {
	l := r.parts.Load().Life
	if l == nil {
		return life.ErrNoConversation
	}
	return l.Start(life.Start{Settings: s, Preroll: preroll})
}

// Stop ends the conversation after the running tool calls have been answered and the agent's last
// reply has been heard. If a conversation is being opened, Stop cancels this attempt. Stop returns
// without waiting for the end. The error is life.ErrNoConversation when there is no conversation
// and no attempt to open one.
func (r *Remote) Stop() error {
	l := r.parts.Load().Life
	if l == nil {
		return life.ErrNoConversation
	}
	if d := r.dialog.Load(); d != nil && d.Leave("User ended conversation") {
		return nil
	}
	if !l.GiveUp() {
		return life.ErrNoConversation
	}
	return nil
}

// Status returns "waiting", "connecting", "connected", "reconnecting" or "ended". It returns ""
// before the scripts have been loaded.
func (r *Remote) Status() string {
	if l := r.parts.Load().Life; l != nil {
		status, _, _ := l.Status()
		return status
	}
	return ""
}

// Say sends the agent a message of the user. It returns an error when there is no conversation, or
// when the send queue is full. The length of the text is not limited here: callers that pass on texts
// of scripts or other programs limit it.
func (r *Remote) Say(text string) error {
	return r.with(func(d *dialog.Dialog) error { return d.Say(text) })
}

// Context sends the agent information to which the agent does not reply. A text replaces the
// previous text with the same id. An empty id means that the text replaces nothing.
func (r *Remote) Context(text, id string) error {
	return r.with(func(d *dialog.Dialog) error { return d.Offer(&convai.ContextualUpdate{Text: text, ContextID: id}) })
}

// Activity tells the agent that the user is present.
func (r *Remote) Activity() error {
	return r.with(func(d *dialog.Dialog) error {
		d.NoteActivity()
		return d.Offer(new(convai.UserActivity))
	})
}

// Feedback rates a response of the agent. eventID is the id of the response. score is "like",
// "dislike", or "" to remove the rating.
func (r *Remote) Feedback(eventID int, score string) error {
	m := &convai.Feedback{EventID: eventID}
	if score != "" {
		m.Score = new(convai.Score(score))
	}
	return r.with(func(d *dialog.Dialog) error { return d.Offer(m) })
}

// SendFile sends the agent a file that was uploaded to the conversation. fileID is the id of the
// upload. An empty text sends only the file.
func (r *Remote) SendFile(fileID, text string) error {
	m := &convai.MultimodalMessage{FileID: fileID}
	if text != "" {
		m.Text = &convai.UserMessage{Text: text}
	}
	return r.with(func(d *dialog.Dialog) error {
		d.NoteActivity()
		return d.Offer(m)
	})
}

// Approve answers a request to approve an MCP tool call. callID is the id of the call. It returns
// an error when there is no such request, or when the request has been answered already. The server
// may be one of the agent, or one whose tools a script offers.
func (r *Remote) Approve(callID string, approved bool) error {
	if a := r.parts.Load().Approvals; a != nil && a.Answer(callID, approved) {
		return nil
	}
	return r.with(func(d *dialog.Dialog) error { return d.Approve(callID, approved) })
}

// AttendApprovals says that a person answers the questions whether tools of MCP servers may be called,
// until leave is called: with AnswerApproval if typing is true, and otherwise with Approve.
func (r *Remote) AttendApprovals(typing bool) (leave func()) {
	if a := r.parts.Load().Approvals; a != nil {
		return a.Attend(typing)
	}
	return func() {}
}

// AnswerApproval answers the question that has been waiting longest whether a tool of an MCP server
// may be called, if there is one and the text is y, yes, n or no. It reports whether it has answered.
// The error says that the person must answer again: see script.Approvals.AnswerOldest.
func (r *Remote) AnswerApproval(text string) (answered bool, err error) {
	a := r.parts.Load().Approvals
	if a == nil {
		return false, nil
	}
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "y", "yes":
		return a.AnswerOldest(true)
	case "n", "no":
		return a.AnswerOldest(false)
	}
	return false, nil
}

// AwaitGreeting waits until the agent has said something, or has been quiet for a second. With
// sound, it waits until the whole greeting has been heard. It returns an error only when ctx is
// done.
func (r *Remote) AwaitGreeting(ctx context.Context) error {
	p := r.parts.Load()
	err := p.Turns.AwaitGreeting(ctx, p.Voice != nil)
	if err == nil && p.Voice != nil {
		p.Voice.Drain(ctx)
	}
	return err
}

// AwaitReply waits until the user's turn is over: the agent has replied, no tool call is running,
// and the whole reply has been heard. The error is one of dialog.ErrNoAnswer,
// dialog.ErrNoReply and dialog.ErrHungUp, or the cause of ctx.
func (r *Remote) AwaitReply(ctx context.Context) error {
	p := r.parts.Load()
	err := p.Turns.AwaitReply(ctx)
	if err == nil && p.Voice != nil {
		p.Voice.Drain(ctx)
	}
	return err
}

var eventName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// An EventNameError says why Raise refuses the name of an event.
type EventNameError struct{ Name, Why string }

// Error returns a text for people, with the name and the reason.
func (e *EventNameError) Error() string {
	return fmt.Sprintf("an event cannot be called %q: %s", e.Name, e.Why)
}

// Raise sends an event to the scripts that listen for name. Scripts receive data, which is any JSON
// value or empty, in the field "data" of the event. The error is an *EventNameError when name is
// malformed or belongs to an event of the agent or Moonlark. Another error says that no script
// listens for name.
func (r *Remote) Raise(name string, data json.RawMessage) error {
	p := r.parts.Load()
	switch {
	case !eventName.MatchString(name):
		return &EventNameError{name[:min(len(name), 100)], "want a letter, then letters, digits, '_', '.' and '-', at most 64 in all"}
	case slices.Contains(p.Events, name):
		return &EventNameError{name, "the conversation has an event of that name"}
	case !p.Scripts.Listens(name):
		return fmt.Errorf("no script listens for %s", name)
	}
	m := &bus.Message{Name: name}
	if len(data) > 0 {
		var err error
		if m.Fields, err = json.Marshal(map[string]json.RawMessage{"data": data}); err != nil {
			return fmt.Errorf("data: %w", err)
		}
	}
	p.Bus.Publish(bus.Event{Type: bus.Raised, Message: m})
	return nil
}

// Reload loads every script again, as if all files had been saved, and returns after that. Events
// say whether each script could be loaded. In a program with conversations, Reload does nothing before
// the scripts have been loaded for the first time. In a program without them, such as moonlark mcp, the
// caller must not call Reload before that.
func (r *Remote) Reload() {
	if p := r.parts.Load(); p.Reload != nil && (p.Life == nil || r.Status() != "") {
		p.Reload()
	}
}

// State returns a copy of the table `state` of the script whose file has this name, as a JSON object of
// at most 256 KB, and the keys that were left out because the object would be longer. It waits until the
// script can run. The error says that there is no such script, or is the cause of ctx.
func (r *Remote) State(ctx context.Context, scriptName string) (state json.RawMessage, tooLarge []string, err error) {
	view, err := r.parts.Load().Scripts.State(ctx, scriptName)
	return view.State, view.TooLarge, err
}

// Contents returns what the modules of the scripts show to people, such as databases.
func (r *Remote) Contents() []activity.Source { return r.parts.Load().Scripts.Contents() }

// ReadContents returns a page of a table of one of the Contents: the rows from number offset on. An empty
// table is the first one. The scripts do not have to wait. The error says that there are no such contents
// or no such table, or why they cannot be read.
func (r *Remote) ReadContents(ctx context.Context, from activity.Source, table string, offset int) (activity.Page, error) {
	return r.parts.Load().Scripts.ReadContents(ctx, from, table, offset)
}

// Health returns a report on the state of the agent. It does not wait for the scripts.
func (r *Remote) Health() health.Report {
	p := r.parts.Load()
	report := health.Report{Scripts: p.Scripts.Health(), MemoryLimit: p.Scripts.MemoryLimit(), Showing: p.Bus.Pending()}
	if p.Fleet != nil {
		report.Fleet = p.Fleet()
	}
	if p.Screen != nil {
		report.NoPage = p.Screen.Missing()
	}
	if p.Life != nil {
		report.Status, report.Since, report.Reason = p.Life.Status()
	}
	if d := r.dialog.Load(); d != nil {
		pending, stuck := d.Health()
		report.Writing, report.RoundTrip = pending, d.RoundTrip()
		if stuck {
			report.Stuck = "the messages of the conversation are not handled any more: a Go function does not return"
		}
	}
	if p.Voice != nil {
		report.Sound = p.Voice.Counts()
		report.Speaker, report.Microphone = p.Voice.Health()
	}
	return report
}

// Silent returns the names of the scripts that do not respond before ctx is done, because a Go
// function that they called blocks. A script that is busy with Lua does respond. Silent waits for
// the responses.
func (r *Remote) Silent(ctx context.Context) []string { return r.parts.Load().Scripts.Silent(ctx) }
