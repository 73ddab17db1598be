package toolpush

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/rest"
)

const (
	// maxAttempts is the maximum number of times that a request is sent.
	maxAttempts = 4
	// maxWait is the longest pause before a request is repeated. If the server asks for a longer one, the
	// request is not repeated.
	maxWait = time.Minute
)

// repeat calls send until it succeeds, at most maxAttempts times, with a pause before each new
// call. It repeats a request that failed with HTTP 429 (too many requests). If harmless is true,
// the request may be sent twice without harm, and repeat also repeats it after other errors that
// may be temporary. It returns the last error.
func (p *Plan) repeat(ctx context.Context, harmless bool, send func() error) error {
	pauses := backoff.Backoff{First: time.Second, Max: maxWait}
	for attempt := 1; ; attempt++ {
		err := send()
		var refused *rest.Error
		if err == nil || attempt == maxAttempts || !errors.As(err, &refused) || refused.Final() || refused.Status != http.StatusTooManyRequests && !harmless {
			return err
		}
		wait := cmp.Or(refused.RetryAfter, pauses.Next())
		if wait > maxWait {
			return err
		}
		if p.opts.Wait != nil {
			p.opts.Wait(fmt.Sprintf("%v: trying again in %v", err, wait))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}
