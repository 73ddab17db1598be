// Package event has the one type that says what happened in an agent's life:
// what main prints for a person, and what --json writes. Its JSON names are
// interface (docs/json.md): they are added to, never changed.
package event

import (
	"encoding/json"
	"time"
)

// A Type says which fields of an Event mean something.
type Type string

const (
	Connecting     Type = "connecting"      // Target, URL
	Connected      Type = "connected"       // ConversationID
	Retrying       Type = "retrying"        // Text (what went wrong), Hint, Seconds until the next try
	Disconnected   Type = "disconnected"    // Code, Text (the reason), Hint, ConversationID
	User           Type = "user"            // Text: what was said to the agent, typed or transcribed
	Agent          Type = "agent"           // Text, EventID: what the agent says
	AgentPart      Type = "agent_part"      // Text, EventID, Part: a piece of it, as it comes
	AgentCorrected Type = "agent_corrected" // Text, EventID: what it had really said when it was interrupted
	Interruption   Type = "interruption"    // EventID
	Speaking       Type = "speaking"        // EventID: it begins to be heard
	Silent         Type = "silent"          // EventID, Interrupted: it has been heard
	Speaker        Type = "speaker"         // Device, or Text and Hint: what is wrong with it
	Microphone     Type = "microphone"      // the same
	WakeWord       Type = "wake_word"       // the same, of what listens for wake words
	Wake           Type = "wake"            // Text, Score: a wake word was said
	Listening      Type = "listening"       // Listening: whether the agent hears the user has changed
	Sound          Type = "sound"           // Sound: what went wrong with it, at the end
	ToolCall       Type = "tool_call"       // Tool, CallID, Args, Script
	ToolResult     Type = "tool_result"     // Tool, CallID, Result, IsError, ErrorType, Seconds, CPU, Script
	Loaded         Type = "loaded"          // Script, Tools
	Reloaded       Type = "reloaded"        // Script, Tools, Seconds
	ReloadFailed   Type = "reload_failed"   // Script, Text, Hint: the old generation goes on
	Print          Type = "print"           // Script, Text: a script's print
	Log            Type = "log"             // Level, Text, Script
	Error          Type = "error"           // Text, Hint: the agent or the connection reported it
	Dropped        Type = "dropped"         // Count: events lost here because the reader was too slow
)

// An Event is one thing that happened. It is a plain value; Args is shared and
// must not be written to.
type Event struct {
	Type Type      `json:"type"`
	Time time.Time `json:"time"`

	ConversationID string `json:"conversation_id,omitempty"`
	Target         string `json:"target,omitempty"` // "local", "agent" or "url"
	URL            string `json:"url,omitempty"`    // without its signature
	Code           int    `json:"code,omitempty"`   // WebSocket close code; 0 when there was no close frame

	Text    string `json:"text,omitempty"`
	Hint    string `json:"hint,omitempty"` // one guess at the mend
	EventID int    `json:"event_id,omitempty"`
	Part    string `json:"part,omitempty"` // "start", "delta" or "stop"

	Script    string          `json:"script,omitempty"` // file name, without its folder
	Tools     []string        `json:"tools,omitempty"`
	Tool      string          `json:"tool,omitempty"`
	CallID    string          `json:"call_id,omitempty"`
	Args      json.RawMessage `json:"args,omitempty"`
	Result    *string         `json:"result,omitempty"` // the text the agent got
	IsError   bool            `json:"is_error,omitempty"`
	ErrorType string          `json:"error_type,omitempty"`
	Orphaned  bool            `json:"orphaned,omitempty"` // the conversation was over: the result went to the script instead
	Seconds   float64         `json:"seconds,omitempty"`
	CPU       float64         `json:"cpu,omitempty"` // seconds that Lua ran for it

	Device      string       `json:"device,omitempty"`
	Interrupted bool         `json:"interrupted,omitempty"`
	Score       float64      `json:"score,omitempty"` // how sure it is, from 0 to 1; 0 when nobody says
	Listening   *bool        `json:"listening,omitempty"`
	Sound       *SoundCounts `json:"sound,omitempty"`

	Level string `json:"level,omitempty"` // "debug", "info", "warn" or "error"
	Count int    `json:"count,omitempty"`
}

// SoundCounts say what went wrong with the sound.
type SoundCounts struct {
	Underruns int64 `json:"underruns"` // the speaker had nothing to play, since we were late
	Overruns  int64 `json:"overruns"`  // the microphone lost sound, since we were late
	Gaps      int64 `json:"gaps"`      // the agent paused in the middle, since the network was late
	Dropped   int64 `json:"dropped"`   // chunks of the user's sound, since the network was slow
	Late      int64 `json:"late"`      // a device was served more than 10 ms late

	WakeDropped int64 `json:"wake_dropped,omitempty"` // pieces that a wake word's recogniser did not hear, since it was slow
}
