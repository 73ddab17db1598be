// Package tool defines tools, their parameters and the results of tool calls, independently of Lua
// and of the ElevenLabs protocol. It also defines the resources and prompts that scripts offer to
// programs that use the Model Context Protocol. Nobody changes a value of this package after it was
// made, so any goroutine may read it.
package tool

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

const (
	// DefaultTimeout is how long a tool call may take if the tool sets no timeout. It is less than
	// 20 s, which is how long the ElevenLabs server waits for a result by default (its setting
	// response_timeout_secs).
	DefaultTimeout = 15 * time.Second

	// MaxTimeout is the longest timeout that a tool can set. The ElevenLabs server waits at most
	// 120 s for a result.
	MaxTimeout = 120 * time.Second

	// MaxResult is the maximum size of the text of a tool result, in bytes.
	MaxResult = 256 << 10
)

// A Spec describes a tool to an agent.
type Spec struct {
	Name        string // the tool's name, which CheckName accepts
	Title       string // the tool's name for people; may be empty
	Description string // tells the agent what the tool does; may be empty
	// Parameters is the schema of the arguments, which are an object. It is nil if the tool accepts
	// any arguments.
	Parameters *Schema
	// Returns is the schema of the results, which are objects. It is nil if the tool may return
	// anything.
	Returns *Schema
	Hints   *Hints        // what a call does, for agents that ask people before some calls; nil if not known
	Timeout time.Duration // how long a call of the tool may take; zero means DefaultTimeout
	// OnWorker says that a worker of the fleet carries out the calls, if the program belongs to a fleet: see
	// Offloader. If Hints says that the tool is idempotent, a call may be carried out more than once.
	OnWorker bool
	// Job says that a call of the tool starts a job and is answered at once: see Jobs. Returns is nil then.
	Job bool
	// Expires is how long after the call the result of a job is of use; zero means DefaultExpiry. Timeout
	// is that of the call.
	Expires time.Duration
	// Phrases are sentences in which users ask for the tool. In a phrase, "{room}" stands for the
	// value of the parameter room.
	Phrases []string
	// Source is the script and line that registered the tool, such as "lights.lua:12".
	Source string
}

// Hints say what the calls of a tool do. They are the annotations of a tool in the Model Context
// Protocol.
type Hints struct {
	ReadOnly    bool // a call changes nothing
	Destructive bool // a call may delete or overwrite something; false if ReadOnly is true
	Idempotent  bool // a second call with the same arguments changes nothing more
	OpenWorld   bool // a call reaches the outside world, such as the web
}

// Deadline returns how long a call of this tool may take: Timeout, or DefaultTimeout if Timeout is
// zero.
func (s *Spec) Deadline() time.Duration { return deadline(s.Timeout) }

// deadline returns the timeout, or DefaultTimeout if it is zero.
func deadline(timeout time.Duration) time.Duration {
	if timeout == 0 {
		return DefaultTimeout
	}
	return timeout
}

// Expiry returns how long after a call the result of a job is of use: Expires, or DefaultExpiry if Expires
// is zero.
func (s *Spec) Expiry() time.Duration { return cmp.Or(s.Expires, DefaultExpiry) }

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// CheckName returns an error if the ElevenLabs API does not accept this name for a tool.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("%q is not a tool name (1 to 64 of a-z, A-Z, 0-9, _ and -)", name)
	}
	return nil
}

// A Result is what a tool call returns to the agent.
type Result struct {
	Text    string // the text for the agent, of at most MaxResult bytes
	IsError bool
	Type    ErrorType // the reason for the error; empty if the call succeeded
	// Data is the result as a JSON object that fits the Returns of the tool. Text is the same object. It
	// is nil if the tool has no Returns, and if IsError is true.
	Data json.RawMessage
}

// An ErrorType says why a tool call failed. Its values are those of the field error_type in the
// ElevenLabs message client_tool_result.
type ErrorType string

const (
	UserRejected   ErrorType = "user_rejected"   // the user did not allow the call
	ExternalServer ErrorType = "external_server" // another service, which the tool uses, failed
	ExternalClient ErrorType = "external_client" // the tool itself failed
	CustomerAuth   ErrorType = "customer_auth"   // the tool had no permission for something
	ClientTimeout  ErrorType = "client_timeout"  // the call was not finished before its timeout
	Unknown        ErrorType = "unknown"
)

// ErrorTypes lists all values of ErrorType.
var ErrorTypes = []ErrorType{UserRejected, ExternalServer, ExternalClient, CustomerAuth, ClientTimeout, Unknown}

// Failed returns the result of a call that failed for the reason t. The text of the result is
// fmt.Sprintf(format, args...).
func Failed(t ErrorType, format string, args ...any) Result {
	return Result{Text: fmt.Sprintf(format, args...), IsError: true, Type: t}
}
