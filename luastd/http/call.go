package http

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/sockets"
)

// A call performs one request: it follows redirects and tries again. Its method perform runs on a
// goroutine of its own, and the fields without a comment about it belong to that goroutine.
type call struct {
	m       *module
	r       *request
	begun   time.Time
	timeout time.Duration   // of the request, or less in a tool call
	ctx     context.Context // done when the call is abandoned, its time is over, or its stream is closed
	cancel  context.CancelCauseFunc
	timer   *time.Timer // cancels ctx when the time is over
	route   loadedRoute // r.route with the content of its files
	size    int64       // length of the body of the request; -1 if a function returns it
	upload  *upload     // nil unless a function returns the body
	sink    *sink       // where the body goes; nil unless the script downloads a file

	// Number of bytes that count in the Budget.
	requestHeld, answerHeld int64

	mu        sync.Mutex // guards the fields below
	stage     stage
	abandoned bool    // nobody wants the result
	ended     bool    // end has been called
	answer    *answer // the result
	err       error   // the result if answer is nil
}

// A stage is a part of a call's life. The stages follow each other in this order.
type stage uint8

const (
	stageNew      stage = iota // start has not been called
	stageRunning               // the goroutine is running
	stageFinished              // the result is set
)

// An answer is what a server has answered.
type answer struct {
	status  int
	header  http.Header
	url     *url.URL
	body    string
	stream  *stream // nil unless the script reads the body itself
	elapsed time.Duration
	saved   int64  // length of the body if it was written to a file
	sum     string // its SHA-256, in hexadecimal digits
}

// perform sends a request and waits for the answer. It raises an error only if the task is killed
// or a function of the script fails. If sink is not nil, the body of the answer goes there.
func (m *module) perform(L *lua.LState, r *request, sink *sink) (*answer, error) {
	c := m.newCall(r)
	c.sink = sink
	defer c.end()
	if !c.holdRequest() {
		return nil, errBudget
	}
	if r.body.repeatable() {
		m.rt.Await(L, func(done func(any)) func() {
			c.start(func() { done(nil) })
			return c.abandon
		})
	} else {
		c.runWithUpload(L)
	}
	return c.answer, c.err
}

func (m *module) newCall(r *request) *call {
	m.own()
	c := &call{m: m, r: r, begun: time.Now(), timeout: m.rt.WaitLimit(r.timeout)}
	c.ctx, c.cancel = context.WithCancelCause(m.ctx)
	c.timer = time.AfterFunc(c.timeout, func() { c.cancel(timeoutError(c.timeout)) })
	return c
}

// start performs the request on a goroutine of its own, which sets the result and then calls done.
func (c *call) start(done func()) {
	c.stage = stageRunning
	go func() {
		c.finish(c.perform())
		done()
	}()
}

// finish sets the result.
func (c *call) finish(a *answer, err error) {
	c.timer.Stop()
	if err != nil || a.stream == nil {
		c.cancel(nil)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stage, c.answer, c.err = stageFinished, a, err
	if c.abandoned {
		c.closeStream()
	}
	if c.ended {
		c.release()
	}
}

// abandon ends the call, whose result nobody wants any more. Any goroutine may call it.
func (c *call) abandon() {
	c.cancel(errAbandoned)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abandoned = true
	if c.stage == stageFinished {
		c.closeStream()
	}
}

// closeStream closes the stream of the result, if it has one. The caller holds c.mu.
func (c *call) closeStream() {
	if c.answer != nil && c.answer.stream != nil {
		c.answer.stream.close()
	}
}

// end must be called once, when the task does not wait for the call any more. If the call has not
// finished, end abandons it. What the call holds is released now, or by finish if the goroutine of
// the call is still running.
func (c *call) end() {
	c.mu.Lock()
	c.ended = true
	stage := c.stage
	if stage != stageRunning {
		c.release()
	}
	c.mu.Unlock()
	if stage != stageFinished {
		c.timer.Stop()
		c.abandon()
	}
}

// holdRequest counts the bytes of the request's body that this module has made in the script's
// Budget. It returns false if that is too much.
func (c *call) holdRequest() bool {
	if c.r.body == nil {
		return true
	}
	if !c.m.budget.Take(int(c.r.body.held)) {
		return false
	}
	c.requestHeld = c.r.body.held
	return true
}

// holdAnswer counts n more bytes of an answer's body. It returns false if that is too much.
func (c *call) holdAnswer(n int) bool {
	if !c.m.budget.Take(n) {
		return false
	}
	c.answerHeld += int64(n)
	return true
}

// releaseAnswer takes back what holdAnswer has counted.
func (c *call) releaseAnswer() {
	c.m.budget.Give(int(c.answerHeld))
	c.answerHeld = 0
}

// release takes back all that the call has counted. The goroutine of the call must not be running.
func (c *call) release() {
	c.releaseAnswer()
	c.m.budget.Give(int(c.requestHeld))
	c.requestHeld = 0
}

func (c *call) perform() (a *answer, err error) {
	defer func() { c.show(a, err) }()
	if c.sink != nil {
		if err = c.sink.resolve(); err != nil {
			return nil, err
		}
	}
	if c.route, err = c.r.route.load(c.m.rt.Permit()); err != nil {
		return nil, err
	}
	switch {
	case !c.r.body.repeatable():
		c.size = -1
	case c.r.body != nil:
		if c.size, err = c.r.body.resolve(c.m.rt.Permit()); err != nil {
			return nil, err
		}
	}
	return c.tryAgain(c.follow)
}

// errBudget says that the Budget of the script has no room for a body.
var errBudget = &failure{code: "full", text: luastd.BudgetReason}

// explain returns the failure for an error of a connection to the host. missing is what has not
// come when the time is over, such as "no answer".
func (c *call) explain(err error, host, missing string) *failure {
	var timeout timeoutError
	switch {
	case errors.As(err, &timeout):
		return &failure{code: "timeout", text: fmt.Sprintf("%s from %s in %s", missing, host, sockets.Seconds(time.Duration(timeout)))}
	case errors.Is(err, errConnecting):
		return &failure{code: "timeout", text: fmt.Sprintf("no connection to %s in %s", host, sockets.Seconds(c.r.connectTimeout)), temporary: true}
	case errors.Is(err, context.Canceled):
		return errAbandoned
	}
	return explain(err, host)
}
