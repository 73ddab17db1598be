package exchange

import (
	"errors"
	"fmt"

	"moonlark/engine/llm"
)

// A Query is a request to a model in the form of one API. The Client asks it for a body before each
// attempt, and tells it what the server has refused. Only the goroutine of [Client.Stream] uses it.
type Query interface {
	// Path returns the path of the API below the base URL.
	Path() string

	// Body returns the body of the next attempt. plain means that the reply must not be a stream.
	Body(model string, plain bool) map[string]any

	// OptionalFields returns the fields that Body may have and that the request can do without. If
	// the server refuses one of them, the Client leaves it out from then on.
	OptionalFields() []Field

	// Adapt changes the form of the query for the next attempts, if it knows the reason for the
	// failure. It returns what was changed, for the log, or "" if nothing was.
	Adapt(*Failure) string

	// Reduce is called when the server has refused the query for an unknown reason. It leaves
	// something out of the next attempts. It returns what was left out, for the log, or "" if there
	// was nothing.
	Reduce() string

	// NewReply returns an empty reply for the next attempt.
	NewReply() Reply
}

// A Field is a field of a body that some servers refuse.
type Field struct {
	Name string
	// Words are other words with which errors name the field, in lower case.
	Words []string
}

// A Reply puts the model's reply together from the events of the server.
type Reply interface {
	// Add adds an event. It returns the text that the event adds to the reply. The error is a
	// *StreamError, or says that data is not an event of the API.
	Add(data []byte) (text string, err error)

	// Started reports whether the model has begun to write: there was text, a thought or a call.
	Started() bool

	// Finished reports whether the server has said that the reply is complete.
	Finished() bool

	// Result returns the reply when the stream has ended, without its text. done means that the
	// stream has ended as it should. The error is ErrCut, ErrIncomplete, ErrNoReply or a *StreamError.
	Result(done bool) (llm.Reply, error)
}

var (
	// ErrCut means that the reply has tool calls that must not be run, because the stream has ended
	// before the calls or the reply were complete.
	ErrCut = errors.New("the reply has ended in the middle of a tool call")
	// ErrIncomplete means that the stream has ended before the server has said that the reply is
	// complete.
	ErrIncomplete = errors.New("the reply has ended before it was complete")
	// ErrNoReply means that the server has sent no event of the API.
	ErrNoReply = errors.New("the server has sent no reply")
)

// MaxParts is how many parts, such as calls, a reply can have. It bounds the work for a server that
// sends nonsense.
const MaxParts = 1000

// ErrTooManyParts is the error for a reply that has more than MaxParts parts.
var ErrTooManyParts = &StreamError{Text: fmt.Sprintf("the reply has more than %d parts", MaxParts)}

// A StreamError is an error that the server has sent inside a stream.
type StreamError struct {
	Text    string
	Code    string // the server's code for the error; may be empty
	Passing bool   // the same request may succeed later
}

// Error returns the text of the server.
func (e *StreamError) Error() string { return e.Text }
