package http

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
)

// A hop is one of the requests of a call: the first, or the one for a redirect.
type hop struct {
	method string
	url    *url.URL
	header http.Header
	body   *body // nil if there is none

	otherOrigin bool // a redirect has left the origin that the script has named
}

// sendHop sends the request to one server and returns its answer, whose body has not been read.
// done must be called when the body is not needed any more.
func (c *call) sendHop(h *hop) (res *http.Response, done func(), err error) {
	host, slot := h.url.Host, origin(h.url)
	if !c.m.slots.take(c.ctx, slot) {
		return nil, nil, c.explain(context.Cause(c.ctx), host, "the call had to wait for others, so there was no answer")
	}
	ctx, cancel := context.WithCancelCause(c.ctx)
	res, err = c.roundTrip(ctx, h, func() { cancel(errConnecting) })
	if err != nil {
		if cause, ok := isCancelled(ctx); ok {
			err = cause
		}
		cancel(nil)
		c.m.slots.give(slot)
		return nil, nil, c.explain(err, host, "no answer")
	}
	if c.r.jar != nil {
		c.r.jar.set(h.url, res.Cookies())
	}
	return res, sync.OnceFunc(func() {
		cancel(nil)
		res.Body.Close()
		c.m.slots.give(slot)
	}), nil
}

func (c *call) roundTrip(ctx context.Context, h *hop, tooSlow func()) (*http.Response, error) {
	r := c.route
	if h.otherOrigin {
		r = r.toOtherOrigin()
	}
	transport, err := c.m.transport(r)
	if err != nil {
		return nil, err
	}
	a, ctx := newAttempt(ctx, defaultPort(h.url.Scheme), c.r.connectTimeout, tooSlow)
	defer a.finish()
	req, err := c.newHTTPRequest(ctx, h)
	if err != nil {
		return nil, err
	}
	var server http.RoundTripper = transport
	if fake := c.m.fake(h.method, h.url); fake != nil {
		server = fake
	}
	res, err := server.RoundTrip(req)
	if err == nil && res.StatusCode < 200 {
		res.Body.Close()
		err = &failure{code: "invalid", text: fmt.Sprintf("%s has answered with the status %d", h.url.Host, res.StatusCode)}
	}
	return res, err
}

func (c *call) newHTTPRequest(ctx context.Context, h *hop) (*http.Request, error) {
	req := (&http.Request{Method: h.method, URL: h.url, Header: h.header.Clone(), Host: h.url.Host, ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	if c.r.jar != nil {
		for _, cookie := range c.r.jar.get(h.url) {
			req.AddCookie(cookie)
		}
	}
	switch {
	case h.body == nil:
	case c.upload != nil:
		req.Body, req.ContentLength = c.upload, -1
	default:
		var err error
		if req.Body, err = h.body.open(); err != nil {
			return nil, err
		}
		req.GetBody, req.ContentLength = h.body.open, c.size
		if c.size == 0 {
			req.Body.Close()
			req.Body = http.NoBody
		}
	}
	return req, nil
}
