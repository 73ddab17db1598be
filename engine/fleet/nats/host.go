package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/host"
)

const (
	startSubject       = "ml.host.start"
	hosts              = "hosts" // the queue group of those who start conversations
	conversationPrefix = "ml.conv."
	sayVerb            = ".say"
	turnVerb           = ".turn"

	maxStarts     = 16      // requests to start conversations that are answered at the same time
	maxStartBytes = 4 << 20 // of requests that wait
	maxTextBytes  = 1 << 20 // of texts that wait, for each conversation
	maxFreed      = 8 << 20 // bytes of notices of leases that wait
)

// A Host is the connection of a host with the hub, or that of somebody who starts conversations. It is a
// host.Carrier and a host.Caller. Its methods may be called from any goroutine.
type Host struct {
	link  *link
	creds credentials

	starting chan struct{} // has a value for each request to start a conversation that is being answered
}

var (
	_ host.Carrier = (*Host)(nil)
	_ host.Caller  = (*Host)(nil)
)

// DialHost begins to connect, and returns without waiting for the connection. The error is about the
// options. Close must be called.
func DialHost(o Options) (*Host, error) {
	hubs, creds, err := o.parse("host", "operator")
	if err != nil {
		return nil, err
	}
	h := &Host{link: newLink(o, hubs, creds.logins(), creds.name), creds: creds, starting: make(chan struct{}, maxStarts)}
	h.link.start()
	return h, nil
}

// Close ends the connection, after the answers that have been sent.
func (h *Host) Close() { h.link.close() }

// Name returns the name in the credentials.
func (h *Host) Name() string { return h.creds.name }

// Link returns the state of the connection.
func (h *Host) Link() follow.Link { return h.link.publicState() }

// Await waits for a connection until ctx is done. The error says why there is none.
func (h *Host) Await(ctx context.Context) error {
	for {
		conn, changed, reason := h.link.state()
		if conn != nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if reason == nil {
				reason = context.Cause(ctx)
			}
			return fmt.Errorf("no connection with the hub: %w", reason)
		}
	}
}

// TTL returns how long the hub keeps a lease that is not renewed.
func (h *Host) TTL(ctx context.Context) (time.Duration, error) {
	reply, err := h.link.request(ctx, nats.NewMsg("$JS.API.STREAM.INFO."+leaseStream))
	if errors.Is(err, nats.ErrNoResponders) {
		err = errors.New("the hub has no JetStream")
	}
	var info struct {
		Config struct {
			MaxAge time.Duration `json:"max_age"` // in nanoseconds
		} `json:"config"`
		Error *struct {
			Description string `json:"description"`
		} `json:"error"`
	}
	if err == nil {
		err = json.Unmarshal(reply.Data, &info)
	}
	if err == nil && info.Error != nil {
		err = fmt.Errorf("%.200s", info.Error.Description)
	}
	if err == nil && info.Config.MaxAge < time.Second {
		err = fmt.Errorf("leases that last %v are too short", info.Config.MaxAge)
	}
	if err != nil {
		return 0, fmt.Errorf("the stream %s of the hub: %w", leaseStream, err)
	}
	return info.Config.MaxAge, nil
}

// Leases returns the store of the leases: see host.Carrier.
func (h *Host) Leases() host.Store {
	return bucket{h.link, leaseStream, leasePut, leasePrefix, 4 << 10}
}

// Records returns the store of the conversations that have not ended: see host.Carrier.
func (h *Host) Records() host.Store {
	return bucket{h.link, recordStream, recordPut, recordPrefix, host.MaxRequest + 4<<10}
}

// WatchFreed calls freed for the leases that expire or are deleted: see host.Carrier. It calls began
// after each connection.
func (h *Host) WatchFreed(ctx context.Context, began func(), freed func(key string)) error {
	s := h.link.subscribe(freedPrefix+"conv.*", "", maxFreed, func(m *nats.Msg) {
		if key, ok := strings.CutPrefix(m.Subject, freedPrefix); ok && isDeletion(m.Header) {
			freed(key)
		}
	})
	defer h.link.unsubscribe(s)
	var last *nats.Conn
	for {
		conn, changed, _ := h.link.state()
		if conn != nil && conn != last {
			last = conn
			began()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// AppendTurn adds a turn to those of a conversation: see host.Carrier.
func (h *Host) AppendTurn(ctx context.Context, id string, turn []byte) error {
	m, err := turnMessage(id)
	if err != nil {
		return err
	}
	m.Data = turn
	return h.store(ctx, m)
}

// Turns returns the turns of a conversation: see host.Carrier.
func (h *Host) Turns(ctx context.Context, id string) (turns [][]byte, err error) {
	if err := bundle.CheckName(id); err != nil {
		return nil, fmt.Errorf("conversation: %w", err)
	}
	err = h.link.each(ctx, turnStream, conversationPrefix+id+turnVerb, func(m *nats.Msg) { turns = append(turns, m.Data) })
	return turns, err
}

// DropTurns deletes the turns of a conversation: see host.Carrier.
func (h *Host) DropTurns(ctx context.Context, id string) error {
	m, err := turnMessage(id)
	if err != nil {
		return err
	}
	m.Header.Set("Nats-Rollup", "sub") // takes the place of all turns
	m.Header.Set("Nats-TTL", deletedTime)
	return h.store(ctx, m)
}

func turnMessage(id string) (*nats.Msg, error) {
	if err := bundle.CheckName(id); err != nil {
		return nil, fmt.Errorf("conversation: %w", err)
	}
	return nats.NewMsg(turnPut + id), nil
}

// store sends a message to a stream.
func (h *Host) store(ctx context.Context, m *nats.Msg) error {
	reply, err := h.link.request(ctx, m)
	if errors.Is(err, nats.ErrNoResponders) {
		return errors.New("the hub has no stream for it")
	}
	if err != nil {
		return err
	}
	return checkAck(reply.Data)
}

// ServeStarts joins the hosts that are asked to start conversations: see host.Carrier.
func (h *Host) ServeStarts(answer func(request []byte) []byte) (stop func(), err error) {
	s := h.link.subscribe(startSubject, hosts, maxStartBytes, func(m *nats.Msg) {
		if m.Subject != startSubject || !isInbox(m.Reply) {
			return
		}
		h.starting <- struct{}{}
		h.link.handlers.Add(1) // the handler that runs now keeps close from waiting for nothing
		go func() {
			defer h.link.handlers.Done()
			defer func() { <-h.starting }()
			h.respond(m, answer(m.Data))
		}()
	})
	return func() { h.link.unsubscribe(s) }, nil
}

// ServeTexts answers the texts that users send to a conversation: see host.Carrier.
func (h *Host) ServeTexts(id string, answer func(request []byte) []byte) (stop func(), err error) {
	if err := bundle.CheckName(id); err != nil {
		return nil, fmt.Errorf("conversation: %w", err)
	}
	subject := conversationPrefix + id + sayVerb
	s := h.link.subscribe(subject, "", maxTextBytes, func(m *nats.Msg) {
		if m.Subject != subject || !isInbox(m.Reply) {
			return
		}
		if a := answer(m.Data); a != nil {
			h.respond(m, a)
		}
	})
	var once sync.Once
	return func() { once.Do(func() { h.link.unsubscribe(s) }) }, nil
}

// respond sends an answer. The subject of the reply must be an inbox: others could make a host write
// where they may not write themselves. Messages without one are not those of a Caller: the hub can be
// made to send what it has stored to any subject.
func (h *Host) respond(m *nats.Msg, text []byte) {
	if err := m.Respond(text); err != nil {
		h.link.log.Warn("a request was not answered", "subject", m.Subject, "error", err)
	}
}

// AskHost sends a request to one of the hosts: see host.Caller.
func (h *Host) AskHost(ctx context.Context, request []byte) ([]byte, error) {
	return h.ask(ctx, startSubject, request)
}

// AskConversation sends a text to the host of a conversation: see host.Caller.
func (h *Host) AskConversation(ctx context.Context, id string, request []byte) ([]byte, error) {
	if err := bundle.CheckName(id); err != nil {
		return nil, fmt.Errorf("conversation: %w", err)
	}
	return h.ask(ctx, conversationPrefix+id+sayVerb, request)
}

func (h *Host) ask(ctx context.Context, subject string, request []byte) ([]byte, error) {
	m := nats.NewMsg(subject)
	m.Data = request
	reply, err := h.link.request(ctx, m)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, host.ErrNobody
	}
	if err != nil {
		return nil, err
	}
	return reply.Data, nil
}
