// Package tool is what both sides of a tool call agree on: what a tool is
// called, what it takes, and what came of a call. It knows neither Lua nor the
// wire, and its values are plain data: once made they are never changed, so
// any goroutine may read them.
package tool

import (
	"fmt"
	"regexp"
	"time"
)

const (
	// DefaultTimeout is how long a tool call may take when its tool does not
	// say: just under the 20 s the server waits by default
	// (response_timeout_secs of an ElevenLabs client tool).
	DefaultTimeout = 15 * time.Second

	// MaxTimeout is the longest a tool may ask for: the server waits 120 s at
	// the most.
	MaxTimeout = 120 * time.Second

	// MaxResult is the longest result text, in bytes.
	MaxResult = 256 << 10
)

// A Spec is what an agent is told about a tool.
type Spec struct {
	Name        string        // see CheckName
	Description string        // what it does, for the agent; may be empty
	Parameters  *Schema       // of type object; nil when the tool declares none and takes anything
	Timeout     time.Duration // how long a call may take; zero means DefaultTimeout
	Phrases     []string      // how people ask for it; {slot} stands for a parameter
	Source      string        // where it was registered, "lights.lua:12"
}

// Deadline is how long a call of this tool may take.
func (s *Spec) Deadline() time.Duration {
	if s.Timeout == 0 {
		return DefaultTimeout
	}
	return s.Timeout
}

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// CheckName says what is wrong with a tool's name, nil when nothing is. The
// form is the server's.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("%q is not a tool name (1 to 64 of a-z, A-Z, 0-9, _ and -)", name)
	}
	return nil
}

// A Result is what came of one tool call.
type Result struct {
	Text    string // what the agent reads; never longer than MaxResult
	IsError bool
	Type    ErrorType // empty, or why it is an error
}

// An ErrorType is one of the reasons for an error that the protocol has a word
// for (error_type of client_tool_result).
type ErrorType string

const (
	UserRejected   ErrorType = "user_rejected"   // the user said no: the tool counts as not called
	ExternalServer ErrorType = "external_server" // something the tool talks to failed
	ExternalClient ErrorType = "external_client" // the tool itself failed
	CustomerAuth   ErrorType = "customer_auth"   // the tool is not allowed to
	ClientTimeout  ErrorType = "client_timeout"  // the tool took too long
	Unknown        ErrorType = "unknown"
)

// ErrorTypes are the words an ErrorType can be.
var ErrorTypes = []ErrorType{UserRejected, ExternalServer, ExternalClient, CustomerAuth, ClientTimeout, Unknown}

// Failed is the result of a call that did not work.
func Failed(t ErrorType, format string, args ...any) Result {
	return Result{Text: fmt.Sprintf(format, args...), IsError: true, Type: t}
}
