package tool

import (
	"fmt"
	"strings"
	"time"
)

const (
	// MaxPrompt is the maximum size of all texts of a prompt together, in bytes.
	MaxPrompt = 256 << 10
	// MaxPromptMessages is the maximum number of messages of a prompt.
	MaxPromptMessages = 100
)

// A Prompt describes a text for a language model that a person asks for by name.
type Prompt struct {
	Name        string // the name, which CheckName accepts
	Title       string // the name for people; may be empty
	Description string // says what the prompt is for; may be empty
	Arguments   []PromptArgument
	Timeout     time.Duration // how long it may take to make the messages; zero means DefaultTimeout
	Source      string        // the script and line that registered the prompt, such as "notes.lua:12"
}

// A PromptArgument is a value that a person gives to a prompt. It is a text.
type PromptArgument struct {
	Name        string
	Title       string // the name for people; may be empty
	Description string // may be empty
	Required    bool
}

// A PromptMessage is one message of a prompt.
type PromptMessage struct {
	Role string // one of PromptRoles
	Text string
}

// PromptRoles are the roles that the author of a message of a prompt can have.
var PromptRoles = []string{"user", "assistant"}

// CheckArguments returns an error, a sentence, if args has no value for an argument that is required.
// Values of arguments that the prompt does not have are accepted.
func (p *Prompt) CheckArguments(args map[string]string) error {
	var missing []string
	for _, a := range p.Arguments {
		if _, ok := args[a.Name]; a.Required && !ok {
			missing = append(missing, a.Name)
		}
	}
	switch len(missing) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s is missing", missing[0])
	}
	return fmt.Errorf("%s are missing", strings.Join(missing, ", "))
}

// Deadline returns how long it may take to make the messages of this prompt.
func (p *Prompt) Deadline() time.Duration { return deadline(p.Timeout) }
