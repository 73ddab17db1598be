package http

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"moonlark/engine/backoff"
)

// maxRetryAfter is the maximal time for which a server can ask in the header Retry-After.
const maxRetryAfter = time.Minute

// tryAgain calls send until it succeeds, and at most as often as the script wants. It returns the
// last result.
func (c *call) tryAgain(send func() (*answer, error)) (*answer, error) {
	delays := backoff.Backoff{First: 500 * time.Millisecond, Max: 30 * time.Second, Jitter: true}
	for n := 0; ; n++ {
		a, err := send()
		if n == c.r.retries || !c.mayRepeat() || !isTemporary(a, err) {
			return a, err
		}
		delay := delays.Next()
		if a != nil {
			if wanted, ok := retryAfter(a.header, time.Now()); ok {
				delay = wanted
			}
		}
		if delay > maxRetryAfter || delay > c.timeout-time.Since(c.begun) {
			return a, err
		}
		if a != nil && a.stream != nil {
			a.stream.done() // not close, which would end the call
		}
		c.releaseAnswer()
		if c.r.faked {
			continue // a fake server needs no time to recover, and a test should be quick
		}
		select {
		case <-time.After(delay):
		case <-c.ctx.Done():
			return nil, c.explain(context.Cause(c.ctx), c.r.url.Host, "no answer")
		}
	}
}

// mayRepeat reports whether the request may be sent more than once.
func (c *call) mayRepeat() bool {
	idempotent := slices.Contains([]string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}, c.r.method)
	return c.r.body.repeatable() && (idempotent || c.r.retryAll)
}

// isTemporary reports whether another attempt may have a better result.
func isTemporary(a *answer, err error) bool {
	if err != nil {
		var f *failure
		return errors.As(err, &f) && f.temporary
	}
	return slices.Contains([]int{429, 502, 503, 504}, a.status)
}

// retryAfter returns how long the server asks to wait.
func retryAfter(header http.Header, now time.Time) (wait time.Duration, ok bool) {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}
