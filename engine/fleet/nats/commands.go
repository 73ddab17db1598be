package nats

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/message"
)

const (
	commandPrefix = "ml.cmd."

	// maxCommands is how many commands a device carries out at a time.
	maxCommands = 16
	// maxCommandBytes limits the total size of the commands that have arrived and are not being carried out yet.
	maxCommandBytes = 4 << 20
)

// Serve calls answer for each command that arrives, on a goroutine of its own: see follow.Carrier. At most
// 16 commands are carried out at a time; further ones are answered with the status 503.
func (d *Device) Serve(answer func(ctx context.Context, verb string, body []byte) message.Answer) {
	free := make(chan struct{}, maxCommands)
	prefix := commandPrefix + d.creds.name + "."
	d.link.subscribe(prefix+"*", "", maxCommandBytes, func(m *nats.Msg) {
		// JetStream can be made to deliver a message with another subject to this subscription.
		verb, ok := strings.CutPrefix(m.Subject, prefix)
		if !ok || !isInbox(m.Reply) {
			return
		}
		if refusal := checkCommand(verb, m.Data); refusal.Status != 0 {
			d.respond(m, refusal)
			return
		}
		select {
		case free <- struct{}{}:
		default:
			d.respond(m, message.Answer{Status: http.StatusServiceUnavailable, Body: "too many commands at a time"})
			return
		}
		d.link.handlers.Add(1) // the handler that runs now keeps close from waiting for nothing
		go func() {
			defer d.link.handlers.Done()
			defer func() { <-free }()
			d.respond(m, answer(d.ctx, verb, m.Data))
		}()
	})
}

// checkCommand returns the answer to a command that is not carried out, or the zero Answer.
func checkCommand(verb string, body []byte) message.Answer {
	if err := message.CheckVerb(verb); err != nil {
		return message.Answer{Status: http.StatusNotFound, Body: err.Error()}
	}
	if len(body) > message.MaxCommand {
		return message.Answer{
			Status: http.StatusRequestEntityTooLarge,
			Body:   fmt.Sprintf("%d bytes are more than the %d allowed", len(body), message.MaxCommand),
		}
	}
	return message.Answer{}
}

// respond sends the answer to a command. If it cannot be sent, the one who asks waits for the timeout.
func (d *Device) respond(m *nats.Msg, a message.Answer) {
	text, err := json.Marshal(a)
	if err == nil && (len(a.Body) > message.MaxCommand || len(text) > maxAnswer) {
		text, err = json.Marshal(message.Answer{
			Status: http.StatusInternalServerError,
			Body:   fmt.Sprintf("the answer has %d bytes; %d are allowed", len(a.Body), message.MaxCommand),
		})
	}
	if err == nil {
		err = m.Respond(text)
	}
	if err != nil {
		d.link.log.Warn("a command was not answered", "subject", m.Subject, "error", err)
	}
}

// maxAnswer is how long the JSON of an answer can be. A server of NATS takes a MiB by default.
const maxAnswer = 1<<20 - 4096
