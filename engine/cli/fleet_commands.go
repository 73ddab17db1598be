package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
	"moonlark/engine/safetext"
)

// commandFlags say which devices carry out a command, and when.
type commandFlags struct {
	Device  string         `arg:"" help:"The device, or with --group the group."`
	Group   bool           `help:"All devices of the group carry out the command; all means every device."`
	Once    bool           `help:"Devices that are away carry out the command when they are back."`
	Expires *time.Duration `placeholder:"TIME" help:"With --once: how long devices can be away (24h)."`

	operatorFlags `embed:""`
}

// defaultExpires is how long devices can be away without --expires.
const defaultExpires = 24 * time.Hour

type fleetSayCommand struct {
	commandFlags `embed:""`
	Text         []string `arg:"" help:"The message."`
}

// Run sends a message to the agent.
func (c *fleetSayCommand) Run(ctx context.Context, con *console) error {
	return c.send(ctx, con, "say", map[string]any{"text": strings.Join(c.Text, " ")})
}

type fleetEventCommand struct {
	commandFlags `embed:""`
	Type         string `arg:"" help:"Name of the event, as scripts give it to on."`
	Data         string `arg:"" optional:"" help:"Data of the event: JSON, or else a text."`
}

// Run sends an event to the scripts.
func (c *fleetEventCommand) Run(ctx context.Context, con *console) error {
	body := map[string]any{"type": c.Type}
	if c.Data != "" {
		data, err := eventData(c.Data)
		if err != nil {
			return &usageError{err}
		}
		body["data"] = data
	}
	return c.send(ctx, con, "event", body)
}

// eventData returns the data of an event for JSON: the JSON that text contains, or else text itself.
func eventData(text string) (any, error) {
	switch {
	case json.Valid([]byte(text)):
		return json.RawMessage(text), nil
	case strings.ContainsAny(text[:1], `{["`):
		return nil, fmt.Errorf("the data is not JSON: %.80q", text)
	}
	return text, nil
}

type fleetExecCommand struct {
	commandFlags `embed:""`
	Verb         string `arg:"" enum:"start,stop,say,context,event,healthz,log,reload" help:"The command: ${enum}."`
	Body         string `arg:"" optional:"" help:"The body of the request with this name to the HTTP server of a device, as JSON."`
}

// Run sends a command.
func (c *fleetExecCommand) Run(ctx context.Context, con *console) error {
	if c.Body == "" {
		return c.send(ctx, con, c.Verb, nil)
	}
	if !json.Valid([]byte(c.Body)) {
		return &usageError{fmt.Errorf("the body is not JSON: %.80q", c.Body)}
	}
	return c.send(ctx, con, c.Verb, json.RawMessage(c.Body))
}

// send sends a command to the devices and prints what they answer. body is nil if there is none.
func (f commandFlags) send(ctx context.Context, con *console, verb string, body any) error {
	if err := bundle.CheckName(f.Device); err != nil {
		return &usageError{err}
	}
	if err := f.checkOnce(verb); err != nil {
		return &usageError{err}
	}
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	hub, closeHub, err := f.dial(ctx, con)
	if err != nil {
		return err
	}
	defer closeHub()
	switch {
	case f.Once:
		return f.leave(ctx, con, hub, verb, text)
	case f.Group:
		return f.sendToGroup(ctx, con, hub, verb, text)
	}
	var reply center.Reply
	if err := center.SendAll(ctx, hub, []string{f.Device}, verb, text, func(r center.Reply) { reply = r }); err != nil {
		return err
	}
	if errors.Is(reply.Err, center.ErrNobody) {
		return fmt.Errorf("%s is not connected: with --once, it carries out the command when it is back", f.Device)
	} else if reply.Err != nil {
		return fmt.Errorf("%s: %w", f.Device, reply.Err)
	}
	if !reply.Answer.OK() {
		return fmt.Errorf("%s: %s", f.Device, replyText(reply.Answer))
	}
	fmt.Fprintln(con.stdout, replyText(reply.Answer))
	return nil
}

// checkOnce returns an error if --once and --expires do not fit the command.
func (f commandFlags) checkOnce(verb string) error {
	switch {
	case !f.Once && f.Expires != nil:
		return errors.New("--expires is for commands with --once: the others are carried out now, or never")
	case f.Expires != nil && *f.Expires <= 0:
		return errors.New("--expires: must be more than 0s")
	case f.Once && (verb == "healthz" || verb == "log"):
		return fmt.Errorf("--once: nobody would get the answer to %s", verb)
	}
	return nil
}

// leave writes the command into the wish for the devices.
func (f commandFlags) leave(ctx context.Context, con *console, hub center.Hub, verb string, body []byte) error {
	key := message.Device(f.Device)
	if f.Group {
		if key = message.Group(f.Device); f.Device == message.All {
			key = message.All
		}
	}
	fleet, err := center.Look(ctx, hub)
	if err != nil {
		return err
	}
	if online, offline := fleet.Devices(f.Device); f.Group && len(online)+len(offline) == 0 {
		fmt.Fprintf(con.stderr, "moonlark: warning: no device of the group %s has been heard of\n", f.Device)
	} else if s := center.StatusOf(fleet, nil); !f.Group {
		if _, ok := s.Device(f.Device); !ok {
			fmt.Fprintf(con.stderr, "moonlark: warning: %v\n", unknownDevice(f.Device, s))
		}
	}
	expires := defaultExpires
	if f.Expires != nil {
		expires = *f.Expires
	}
	o := message.Once{ID: rand.Text(), Verb: verb, Body: body, Expires: fleet.Now.Add(expires).Truncate(time.Second)}
	if err := center.AddOnce(ctx, hub, key, o); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "%s carries out the command when it is connected, until %s\n", f.Device, o.Expires.Local().Format("2006-01-02 15:04:05"))
	return nil
}

// sendToGroup sends the command to all devices of the group that are online.
func (f commandFlags) sendToGroup(ctx context.Context, con *console, hub center.Hub, verb string, body []byte) error {
	fleet, err := center.Look(ctx, hub)
	if err != nil {
		return err
	}
	online, offline := fleet.Devices(f.Device)
	if len(online)+len(offline) == 0 {
		return fmt.Errorf("no device of the group %s has been heard of", f.Device)
	}
	done := 0
	err = center.SendAll(ctx, hub, online, verb, body, func(r center.Reply) {
		text := ""
		switch {
		case r.Err != nil:
			text = safetext.Text(r.Err.Error())
		case r.Answer.OK():
			done++
			text = replyText(r.Answer)
		default:
			text = replyText(r.Answer)
		}
		printRow(con.stdout, "", safetext.Line(r.Device), text)
	})
	if err != nil {
		return err
	}
	summary := fmt.Sprintf("%d of %s have carried out the command", done, deviceCount(len(online)))
	if len(offline) > 0 {
		summary += fmt.Sprintf("; %d offline", len(offline))
	}
	fmt.Fprintln(con.stdout, summary)
	if done < len(online) || done == 0 {
		return &shownError{errors.New(summary)}
	}
	return nil
}

// replyText returns what a device has answered, for people.
func replyText(a message.Answer) string {
	var body struct {
		OK    *bool
		Error string
	}
	if json.Unmarshal([]byte(a.Body), &body) == nil && body.Error != "" {
		return safetext.Text(body.Error)
	} else if a.OK() && (a.Body == "" || body.OK != nil && len(a.Body) < len(`{"ok": true}`)+2) {
		return "done"
	}
	if !a.OK() {
		return fmt.Sprintf("status %d: %s", a.Status, safetext.Text(a.Body))
	}
	return strings.TrimRight(safetext.Text(a.Body), "\n")
}
