package luastd

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/agentsettings"
	"moonlark/luastd/value"
)

// Conversations gives a script access to the conversation with the agent.
type Conversations interface {
	// Conversation returns the conversation. It returns an error while the script loads, and if the
	// script runs without an agent.
	Conversation() (Conversation, error)
	// Status returns the status of the conversation, like Conversation.Status, also while the
	// script loads. It returns "waiting" before the first conversation, and if the script runs
	// without an agent.
	Status() string
}

// A Conversation is the conversation with the agent, with the functions that a script can use. Its
// methods do not wait. An error is the reason why something could not be done.
type Conversation interface {
	Say(text string) error // sends a user message
	// Context tells the agent the text, which the agent does not answer. If id is not "", a later
	// text with the same id replaces this text.
	Context(text, id string) error
	Activity() error // tells the agent that the user is present
	// Feedback says what the user thinks of the response with this event ID. score is "like",
	// "dislike", or "" to withdraw an earlier score.
	Feedback(eventID int, score string) error
	// SendFile sends a file that has been uploaded, with a user message. text may be empty.
	SendFile(fileID, text string) error
	// Approve allows or refuses an MCP tool call that waits for approval.
	Approve(callID string, approved bool) error
	// Stop asks for the end of the conversation. Tool results and the agent's farewell are sent
	// first.
	Stop() error
	// Status returns "waiting", "connecting", "connected", "reconnecting" or "ended", or "" before
	// the first conversation.
	Status() string

	// Start asks for a conversation with these settings. If preroll is true, the agent also gets
	// the sound that the microphone recorded just before.
	Start(settings agentsettings.Settings, preroll bool) error

	SetVolume(volume float64) error // sets the volume of all sound, from 0 to 1
	Mute(muted bool) error          // switches the microphone off, or on if muted is false
	// Listen decides what the agent hears: the microphone if listening is true, and silence
	// otherwise.
	Listen(listening bool) error
}

// InConversation returns a Lua function that does something with the conversation. The Lua function
// first calls check, which reads the arguments, whether there is a conversation or not. check
// raises a Lua error, or returns an error, if an argument is wrong. Otherwise check returns the
// function do, which is called with the conversation. The Lua function returns true, or nil and the
// reason if there is no conversation or if check or do returns an error.
func InConversation(rt Conversations, check func(*lua.LState) (do func(Conversation) error, err error)) lua.LGFunction {
	return func(L *lua.LState) int {
		do, err := check(L)
		if err != nil {
			return value.PushResult(L, err)
		}
		c, err := rt.Conversation()
		if err == nil {
			err = do(c)
		}
		return value.PushResult(L, err)
	}
}
