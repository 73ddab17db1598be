package llm

import "fmt"

// An Error says why a Model could not answer.
type Error struct {
	Model   string // Model.String
	Status  int    // the HTTP status; 0 if there was no response
	Text    string // what the server or the network said, one line
	Hint    string // a suggestion to the user; may be empty
	TooLong bool   // the request was longer than the model can read
	// RequestID is the server's name for the request, which its support asks for. It may be empty.
	RequestID string

	Err error // the cause; may be nil
}

// Error returns a line for people, with the hint.
func (e *Error) Error() string {
	text := e.Model + ": "
	if e.Status != 0 {
		text += fmt.Sprintf("HTTP %d: ", e.Status)
	}
	text += e.Text
	if e.RequestID != "" {
		text += " [request " + e.RequestID + "]"
	}
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }
