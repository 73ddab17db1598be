package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A List says which hosts there are, and where the conversations are.
type List struct {
	Hosts         []Status
	Conversations []Place // sorted by ID
}

// A Place says which host has a conversation.
type Place struct {
	ID, Host string
}

// ReadList reads the leases. What it says about the hosts can be some seconds old.
func ReadList(ctx context.Context, c Caller) (List, error) {
	leases, err := c.Leases().List(ctx)
	if err != nil {
		return List{}, err
	}
	var list List
	for key, value := range leases {
		var s Status
		var holder holder
		if id, ok := strings.CutPrefix(key, conversationPrefix); ok && json.Unmarshal(value, &holder) == nil {
			list.Conversations = append(list.Conversations, Place{id, holder.Host})
		} else if strings.HasPrefix(key, hostPrefix) && json.Unmarshal(value, &s) == nil {
			list.Hosts = append(list.Hosts, s)
		}
	}
	slices.SortFunc(list.Conversations, func(a, b Place) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(list.Hosts, func(a, b Status) int { return strings.Compare(a.Host, b.Host) })
	return list, nil
}

const (
	maxAttempts  = 10 // how often Start and Say ask
	attemptPause = 20 * time.Millisecond
	sayPause     = 100 * time.Millisecond
)

// Start asks the hosts to start a conversation, until one does, and returns its ID. It asks another one
// if a host is busy.
func Start(ctx context.Context, c Caller, r Request) (host string, err error) {
	if err := r.check(); err != nil {
		return "", err
	}
	for range maxAttempts {
		request := startRequest{Request: r}
		if end, ok := ctx.Deadline(); ok {
			request.LeftMS = max(1, time.Until(end).Milliseconds())
		}
		text := encode(request)
		if len(text) > MaxRequest {
			return "", errors.New("the settings are too long")
		}
		a, err := ask(c.AskHost(ctx, text))
		if errors.Is(err, ErrNobody) {
			return "", nobody(ctx, c)
		}
		if err != nil || !a.Busy {
			return a.Host, err
		}
		if !sleep(ctx, attemptPause) {
			return "", context.Cause(ctx)
		}
	}
	return "", errors.New("the hosts are busy")
}

// nobody returns the error for a request that no host has answered: hosts without a free slot do not.
func nobody(ctx context.Context, c Caller) error {
	list, err := ReadList(ctx, c)
	switch {
	case err != nil:
		return fmt.Errorf("no host answers, and the list of hosts cannot be read: %w", err)
	case len(list.Hosts) == 0:
		return errors.New("no host is connected")
	case !slices.ContainsFunc(list.Hosts, func(s Status) bool { return !s.Draining }):
		return errors.New("all hosts are about to end")
	}
	return errors.New("no host has a free slot")
}

// Say sends a text of the user to a conversation, and returns the ID of its host.
func Say(ctx context.Context, c Caller, id, text string) (host string, err error) {
	t := textRequest{Text: text}
	if err := t.check(); err != nil {
		return "", err
	}
	for range maxAttempts {
		a, err := ask(c.AskConversation(ctx, id, encode(t)))
		if !errors.Is(err, ErrNobody) {
			return a.Host, err
		}
		if !sleep(ctx, sayPause) { // another host may just take it over
			break
		}
	}
	return "", errors.New("no host has this conversation")
}

// ask reads the answer of a host. If the host is busy, there is no error.
func ask(text []byte, err error) (answer, error) {
	var a answer
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err == nil && a.Error != "" && !a.Busy {
		err = errors.New(a.Error)
	}
	return a, err
}
