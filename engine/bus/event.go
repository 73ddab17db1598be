package bus

import (
	"encoding/json"
	"regexp"
	"time"

	"moonlark/engine/health"
	"moonlark/engine/llm"
	"moonlark/engine/screen"
	"moonlark/engine/tool"
)

// An Event is one thing that happened to an agent. Its Type decides which of the other fields are
// set: see [Catalogue]. All subscribers share an Event's slices and pointers, so nobody may write
// to them.
//
// The JSON names are those that --json prints (docs/command.md). Names may be added, but never
// changed.
type Event struct {
	Type Type      `json:"type"`
	Time time.Time `json:"time"` // time of publication, set by Publish

	ConversationID string `json:"conversation_id,omitempty"`
	Target         string `json:"target,omitempty"` // kind of agent: "local", "agent" or "url"
	// WebSocket URL of the agent, without the secret signature
	URL string `json:"url,omitempty"`
	// WebSocket close code; 0 when there was no close frame
	Code int `json:"code,omitempty"`

	Text    string `json:"text,omitempty"`
	Hint    string `json:"hint,omitempty"` // one suggestion to the user
	EventID int    `json:"event_id,omitempty"`
	Part    string `json:"part,omitempty"` // position of a piece in its response: "start", "delta" or "stop"

	// file name of the script, without the folder
	Script string          `json:"script,omitempty"`
	Tools  []string        `json:"tools,omitempty"`
	Tool   string          `json:"tool,omitempty"`
	CallID string          `json:"call_id,omitempty"`
	Args   json.RawMessage `json:"args,omitempty"`
	// text of the tool result, as sent to the agent
	Result    *string `json:"result,omitempty"`
	IsError   bool    `json:"is_error,omitempty"`
	ErrorType string  `json:"error_type,omitempty"`
	// the conversation had ended before the result could be sent, and the scripts received it
	// instead
	Orphaned bool `json:"orphaned,omitempty"`
	// how a tool call came, such as "mcp"; empty for a call of the agent
	Via string `json:"via,omitempty"`
	// the program that called the tool, by the name that it gave; empty for a call of the agent
	Client string `json:"client,omitempty"`
	// file and line that a tool call or an error is about, such as "lights.lua:12"
	At string `json:"at,omitempty"`
	// who has made the event: see Catalogue. "inspector" for a tool call that a person tries.
	Source  string  `json:"source,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
	// CPU time that the tool call took in Lua, in seconds
	CPU float64 `json:"cpu,omitempty"`
	// time before the handler of the tool call began, in seconds
	Queued float64 `json:"queued,omitempty"`
	// time that the handler spent in waits, in seconds
	Waited float64 `json:"waited,omitempty"`

	Device      string `json:"device,omitempty"`
	Interrupted bool   `json:"interrupted,omitempty"`
	// confidence of a recogniser, from 0 to 1; 0 when the recogniser gives none
	Score     float64             `json:"score,omitempty"`
	Listening *bool               `json:"listening,omitempty"`
	On        *bool               `json:"on,omitempty"` // the user speaks
	Sound     *health.SoundCounts `json:"sound,omitempty"`
	Round     *llm.Round          `json:"llm,omitempty"`
	Latency   *Latency            `json:"latency,omitempty"`

	Level string `json:"level,omitempty"` // level of a log line: "debug", "info", "warn" or "error"
	Count int    `json:"count,omitempty"`

	Revision int    `json:"rev,omitempty"`   // of what the screen of the kiosk shows
	Block    string `json:"block,omitempty"` // id of the touched button or its block
	Action   string `json:"action,omitempty"`
	Value    string `json:"value,omitempty"` // value of the touched button
	Pages    *int   `json:"pages,omitempty"` // number of open pages

	Fleet   string `json:"fleet,omitempty"`   // of a bundle of scripts; empty if the bundle has none
	Version int64  `json:"version,omitempty"` // of a bundle of scripts

	// Phase is the phase of a bundle, or what the conversation is doing: "waiting", "connecting",
	// "listening", "hearing", "thinking", "speaking" or "ended".
	Phase string `json:"phase,omitempty"`

	// The fields below are only in events that --json does not print. The pages and recordings have
	// them: see Kind.ForPages.
	Status string `json:"status,omitempty"` // new status: "waiting", "connecting", "connected", "reconnecting" or "ended"
	Reason string `json:"reason,omitempty"` // why the status changed; empty when there is no reason
	// Tab is the id of the tab that shows an activity: see package activity. Fields are its values by the
	// names of the columns. They are strings, numbers and booleans.
	Tab    string         `json:"tab,omitempty"`
	Fields map[string]any `json:"fields,omitempty"`

	// No JSON form of an event has the fields below. Scripts and the HTTP control see them.
	Loudness        float64 `json:"-"` // loudness of the microphone in dBFS, from -96 (silence) to 0
	SpeakerLoudness float64 `json:"-"` // the same for the speaker
	Voice           bool    `json:"-"` // true while somebody speaks into the microphone

	Page screen.PageInfo `json:"-"` // the page of the kiosk's screen that has come or gone

	// Message is the message of the agent from which the event was made. It is nil for events of
	// Moonlark's own.
	Message *Message `json:"-"`
}

// place matches the file and line at the beginning of an error of a script.
var place = regexp.MustCompile(`^(?:[A-Za-z]:)?[^:\n]+\.lua:\d+`)

// Place returns the file and line, such as "lights.lua:12", with which the text of an error of a script
// begins, or "" if it does not.
func Place(text string) string { return place.FindString(text) }

// IsOfAgent reports whether a ToolCall or a ToolResult is one of the agent, and not of another program or
// of a person who tries the tool.
func (e Event) IsOfAgent() bool { return e.Via == "" && e.Source == "" }

// FromJob returns the event for the result of a job. script is the file name of the script that has registered
// the tool.
func FromJob(script string, r tool.JobResult) Event {
	return Event{
		Type: JobDone, Script: script, Tool: r.Tool, CallID: r.ID, Args: r.Args,
		Result: &r.Result.Text, IsError: r.Result.IsError, ErrorType: string(r.Result.Type),
	}
}

// A Message is a message of the agent's server, in the form in which scripts receive it.
type Message struct {
	Name string // type of the message in the protocol, such as "agent_response"
	// JSON object inside the message's envelope; empty when it has no fields
	Fields json.RawMessage
	Bytes  map[string]string // binary fields by name, such as the sound in "audio"

	// Merge returns this message joined with an older one that the script has not handled yet, so
	// that a flood of messages does not fill the script's queue. It reports false when the two
	// cannot be joined. A nil Merge means that the script must handle each message separately.
	Merge func(older *Message) (merged *Message, ok bool)
}
