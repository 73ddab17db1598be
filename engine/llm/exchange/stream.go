package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/llm"
)

const (
	// maxRetries is how often a request is repeated after a passing failure.
	maxRetries = 2
	// maxAdaptations is how often a request is repeated in another form, such as without a field
	// that the server has refused.
	maxAdaptations = 5
	// retryTime is how long after its first attempt a request may be repeated. It is short, because
	// the user is waiting.
	retryTime = 5 * time.Second
	// startTime is how long a request with WaitForModel may be repeated while the server starts or
	// loads the model.
	startTime = 3 * time.Minute

	// coldTimeout is how long the server may take to begin a reply if it may have to load the
	// model.
	coldTimeout = 60 * time.Second
	// warmTimeout is how long the server may take to begin a reply after a recent one.
	warmTimeout = 20 * time.Second
	// warmFor is the minimum time for which a server keeps a model loaded. Ollama unloads it after 5
	// minutes.
	warmFor = 4 * time.Minute
	// silenceTimeout is how long a server may pause within a reply.
	silenceTimeout = 15 * time.Second
	// finishTimeout is how long a server may take to end the stream when the reply is complete.
	finishTimeout = time.Second
)

var (
	errSilent = errors.New("the server does not answer")
	errPaused = errors.New("the server has stopped in the middle of its reply")
)

// An attempt is a query in the form in which it is sent next.
type attempt struct {
	query Query
	plain bool           // the reply is not streamed
	body  map[string]any // nil if the query has not been sent
}

// Stream sends the query and returns the reply, as the method Stream of [llm.Model] does. The query
// must be made from r: it is r in the form of one API.
func (c *Client) Stream(ctx context.Context, r *llm.Request, query Query, say func(string)) (llm.Reply, error) {
	began := time.Now()
	delays := backoff.Backoff{First: 500 * time.Millisecond, Max: 8 * time.Second, Jitter: true}
	retries, adaptations := 0, 0
	var notes []string // what was changed
	a := attempt{query: query}
	for number := 1; ; number++ {
		spoken := false
		reply, failure := c.try(ctx, r, &a, func(text string) {
			spoken = true
			say(text)
		})
		reply.Usage.Attempts = number
		if failure == nil {
			if isEmpty(reply) && !a.plain { // some servers lose replies with tools that they stream
				a.plain = true
				continue
			}
			if reply.Warning != "" {
				notes = append(notes, reply.Warning)
			}
			reply.Warning = strings.Join(notes, "; ")
			return reply, nil
		}
		if err := context.Cause(ctx); err != nil {
			return reply, err
		}
		if spoken {
			return reply, failure.Err
		}
		if note := c.adapt(&a, failure); note != "" && adaptations < maxAdaptations {
			adaptations++
			notes = append(notes, note)
			continue
		}
		limit := retryTime
		if failure.starting && r.WaitForModel {
			limit = startTime
		} else if retries++; retries > maxRetries {
			return reply, failure.Err
		}
		pause := max(failure.after, delays.Next())
		if !failure.passing || time.Since(began)+pause > limit {
			return reply, failure.Err
		}
		select {
		case <-ctx.Done():
			return reply, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// isEmpty reports whether the reply has neither text nor calls, and also no reason for that.
func isEmpty(r llm.Reply) bool {
	return r.Text == "" && len(r.Calls) == 0 && r.Cut == "" && r.Warning == ""
}

// startTimeout returns how long the server may take to begin its reply.
func (c *Client) startTimeout(r *llm.Request, a *attempt) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case r.WaitForModel:
		return startTime
	case !c.replied.IsZero() && time.Since(c.replied) < warmFor && !a.plain:
		return warmTimeout
	}
	return coldTimeout
}

// try sends the query once and reads the reply.
func (c *Client) try(ctx context.Context, r *llm.Request, a *attempt, say func(string)) (llm.Reply, *Failure) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	began := time.Now()
	timeout := c.startTimeout(r, a)
	var begun atomic.Bool // the server has begun its reply
	watchdog := time.AfterFunc(timeout, func() {
		if begun.Load() {
			cancel(errPaused)
			return
		}
		cancel(errSilent)
	})
	defer watchdog.Stop()

	model, failure := c.model(ctx, r.Model)
	if failure != nil {
		return llm.Reply{}, failure
	}
	a.body = a.query.Body(model, a.plain)
	c.removeRefused(a.body)
	body, err := json.Marshal(a.body)
	if err != nil {
		return llm.Reply{}, c.failed(err)
	}
	response, err := c.Send(ctx, http.MethodPost, a.query.Path(), "application/json", bytes.NewReader(body))
	if err != nil {
		return llm.Reply{}, c.failed(causeOf(ctx, err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return llm.Reply{}, c.refusal(ctx, response)
	}

	var usage llm.Usage
	c.mu.Lock()
	filter := speechFilter{say: say, thinksFirst: c.thinks}
	c.mu.Unlock()
	all := a.query.NewReply()
	alive := func() { // the server has sent something, perhaps only a comment
		switch {
		case all.Finished():
			watchdog.Reset(finishTimeout)
		case begun.Load():
			watchdog.Reset(silenceTimeout)
		default:
			watchdog.Reset(timeout)
		}
	}
	done, err := read(response, alive, func(data []byte) error {
		if ctx.Err() != nil { // do not say what arrives after the end of ctx
			return context.Cause(ctx)
		}
		text, err := all.Add(data)
		if err != nil && !errors.As(err, new(*StreamError)) {
			return fmt.Errorf("the server has sent something that is not a reply: %.80q", c.Key.Hide(string(data)))
		}
		if err != nil {
			return err
		}
		if all.Started() && begun.CompareAndSwap(false, true) {
			usage.FirstToken = time.Since(began)
		}
		filter.add(text)
		return nil
	})
	usage.Duration = time.Since(began)
	if err != nil && (!all.Finished() || errors.As(err, new(*StreamError))) {
		return llm.Reply{Usage: usage}, c.failedIn(response, causeOf(ctx, err))
	}
	reply, err := all.Result(done)
	usage.InputTokens, usage.OutputTokens = reply.Usage.InputTokens, reply.Usage.OutputTokens
	reply.Usage = usage
	if errors.Is(err, ErrNoReply) {
		err = fmt.Errorf("%w, but data of the type %q", err, response.Header.Get("Content-Type"))
	}
	if err != nil {
		return llm.Reply{Usage: usage}, c.failedIn(response, err)
	}
	filter.finish()
	c.learn(usage.FirstToken, filter.orphan)
	reply.Text = filter.said.String()
	switch {
	case !done && !all.Finished() && reply.Text != "":
		reply.Warning = "the server has ended its reply without saying that it is complete: perhaps the connection was lost"
	case filter.printed:
		reply.Warning = "the model has printed a tool call as text, and nothing was called: start the server with a parser for the tool calls of this model, or choose a model that can call tools"
	}
	return reply, nil
}

// learn records how soon the server has begun its reply, and whether the thoughts in it had no
// opening tag.
func (c *Client) learn(firstToken time.Duration, orphan bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if firstToken > 0 && firstToken < warmTimeout/2 {
		c.replied = time.Now()
	}
	c.thinks = c.thinks || orphan
}
