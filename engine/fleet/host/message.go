package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"moonlark/engine/agentsettings"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/safetext"
)

// The limits of what comes from the network.
const (
	MaxRequest = 64 << 10      // bytes of a request to start a conversation, or of its record
	MaxText    = 16 << 10      // bytes of a text that a user sends, and of a turn
	maxTurn    = MaxText + 128 // bytes of the JSON of a turn
	MaxTurns   = 20            // how many turns of a conversation are kept
)

// The prefixes of the keys of leases. A name or an ID follows.
const (
	hostPrefix         = "host."
	conversationPrefix = "conv."
)

// A Request asks a host to start a conversation.
type Request struct {
	ID       string          `json:"id"`                 // of the conversation; a name as bundle.CheckName allows it
	Settings json.RawMessage `json:"settings,omitempty"` // of the agent, as agentsettings.Parse reads them
	Message  string          `json:"message,omitempty"`  // what the user says first; empty if the agent begins
}

// SetSettings sets the settings of the agent. They replace those of the command line of the host, and
// scripts can replace them with agent{}.
func (r *Request) SetSettings(s agentsettings.Settings) (err error) {
	r.Settings, err = json.Marshal(s)
	return err
}

// A startRequest is what a caller sends to start a conversation.
type startRequest struct {
	Request
	// LeftMS is how long the caller still waits for the answer, in milliseconds; 0 if that is not known.
	LeftMS int64 `json:"left_ms,omitempty"`
}

// parseRequest reads a request and checks it.
func parseRequest(text []byte) (startRequest, error) {
	var r startRequest
	if len(text) > MaxRequest {
		return r, fmt.Errorf("the request has %d bytes; %d are allowed", len(text), MaxRequest)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("the request: %w", err)
	}
	if r.LeftMS < 0 {
		return r, errors.New("left_ms: it is negative")
	}
	return r, r.check()
}

func (r Request) check() error {
	if err := bundle.CheckName(r.ID); err != nil {
		return fmt.Errorf("id: %w", err)
	}
	if len(r.Message) > MaxText {
		return fmt.Errorf("message: %d bytes are more than the %d allowed", len(r.Message), MaxText)
	}
	if _, err := r.settings(); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return nil
}

func (r Request) settings() (agentsettings.Settings, error) {
	if len(r.Settings) == 0 {
		return agentsettings.Settings{}, nil
	}
	return agentsettings.Parse(r.Settings)
}

// An answer is what a host answers to a request, or to a text.
type answer struct {
	Host  string `json:"host"`
	Busy  bool   `json:"busy,omitempty"`  // another host may do it
	Error string `json:"error,omitempty"` // why it is not done; empty if it is
}

// A record describes a conversation that has not ended.
type record struct {
	Request
	// Failures counts the hosts that had the conversation and have not given it up themselves: they have
	// crashed, for example. A host that has had the conversation for a while begins anew.
	Failures   int    `json:"failures,omitempty"`
	HandedOver bool   `json:"handed_over,omitempty"` // the last host that had it has given it up itself
	First      uint64 `json:"first"`                 // Conversation.Fence at the first host
	Fence      uint64 `json:"fence"`                 // Conversation.Fence at the host that has it
}

// A textRequest is a text that a user sends to a conversation.
type textRequest struct {
	Text string `json:"text"`
}

func (t textRequest) check() error {
	switch {
	case t.Text == "":
		return errors.New("the text is empty")
	case len(t.Text) > MaxText:
		return fmt.Errorf("the text has %d bytes; %d are allowed", len(t.Text), MaxText)
	}
	return nil
}

// A holder is the value of a lease of a conversation.
type holder struct {
	Host string `json:"host"`
	Boot string `json:"boot"` // random, chosen when the process starts
	N    int64  `json:"n"`    // number of the lease in this process, so that no two of them have the same value
}

// A Turn is one thing that was said in a conversation.
type Turn struct {
	Who   string `json:"who"` // User or Agent
	Text  string `json:"text"`
	Fence uint64 `json:"fence"` // see Conversation.Fence
}

// Who speaks in a turn.
const (
	User  = "user"
	Agent = "agent"
)

// encode returns the JSON of the turn, with the text cut so that the JSON has at most maxTurn bytes.
func (t Turn) encode() ([]byte, error) {
	t.Text = safetext.Cut(t.Text, MaxText, "…")
	for {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(t); err != nil || b.Len() <= maxTurn {
			return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
		}
		t.Text = safetext.Cut(t.Text, len(t.Text)*3/4, "…") // characters that JSON escapes need up to six bytes
	}
}

// parseTurns reads the turns of a conversation, the newest one last. It leaves out those that are
// damaged, those of a host that no longer had the lease, and those of an earlier conversation with the
// same ID: their Fence is less than first.
func parseTurns(texts [][]byte, first uint64) []Turn {
	var turns []Turn
	newest := first
	for _, text := range texts {
		var t Turn
		if json.Unmarshal(text, &t) != nil || t.Text == "" || t.Who != User && t.Who != Agent || t.Fence < newest {
			continue
		}
		newest = t.Fence
		t.Text = strings.ToValidUTF8(t.Text, "?")
		turns = append(turns, t)
	}
	return turns[max(0, len(turns)-MaxTurns):]
}

// A Status says what a host does.
type Status struct {
	Host          string    `json:"host"`
	Boot          string    `json:"boot"` // random, chosen when the process starts
	Slots         int       `json:"slots"`
	Conversations int       `json:"conversations"`
	Draining      bool      `json:"draining,omitempty"`
	Moonlark      string    `json:"moonlark"` // version of the program
	Started       time.Time `json:"started"`  // by the clock of the host
}

var errTooManyTexts = errors.New("too many texts wait for the conversation")
