package http

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"moonlark/engine/permit"
	luaurl "moonlark/luastd/url"
)

// maxDrained is how many bytes of the body of a redirect are read, so that its connection can be
// used again.
const maxDrained = 64 << 10

// follow sends the request and follows redirects.
func (c *call) follow() (*answer, error) {
	h := &hop{method: c.r.method, url: c.r.url, header: c.r.header, body: c.r.body}
	for n := 0; ; n++ {
		res, done, err := c.sendHop(h)
		if err != nil {
			return nil, err
		}
		if !isRedirect(res) || c.r.redirects == 0 {
			return c.receive(h, res, done)
		}
		io.CopyN(io.Discard, res.Body, maxDrained)
		done()
		if n == c.r.redirects {
			return nil, &failure{code: "failed", text: fmt.Sprintf("%s leads to more than %d redirects", c.r.url.Host, n)}
		}
		if h, err = c.redirect(h, res); err != nil {
			return nil, err
		}
	}
}

func isRedirect(res *http.Response) bool {
	switch res.StatusCode {
	case 301, 302, 303, 307, 308:
		return res.Header.Get("Location") != ""
	}
	return false
}

// redirect returns the hop to which the answer res of the hop h leads. The rules are those of
// browsers, but stricter about credentials.
func (c *call) redirect(h *hop, res *http.Response) (*hop, error) {
	method := redirectedMethod(h.method, res.StatusCode)
	target, err := c.location(h, res, method)
	if err != nil {
		return nil, err
	}
	next := &hop{method: method, url: target, header: h.header.Clone(), body: h.body, otherOrigin: h.otherOrigin}
	switch {
	case method != h.method:
		next.body = nil
		for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"} {
			next.header.Del(name)
		}
	case !h.body.repeatable():
		return nil, &failure{code: "failed", text: h.url.Host + " redirects a body that a function has returned, which cannot be sent again"}
	}
	if origin(target) != origin(h.url) {
		next.otherOrigin = true
		for name := range next.header {
			if !isForOtherOrigin(name) {
				delete(next.header, name)
			}
		}
	}
	return next, nil
}

// redirectedMethod returns the method of the request for a redirect with this status.
func redirectedMethod(method string, status int) string {
	if status == 303 && method != "GET" && method != "HEAD" || (status == 301 || status == 302) && method == "POST" {
		return "GET"
	}
	return method
}

// location returns the URL to which res leads. It returns an error if the script may not send a
// request with this method there.
func (c *call) location(h *hop, res *http.Response, method string) (*url.URL, error) {
	text := res.Header.Get("Location")
	var target *url.URL
	err := fmt.Errorf("it has more than %d bytes", maxURL)
	if len(text) <= maxURL {
		if target, err = h.url.Parse(text); err != nil {
			err = luaurl.Cause(err, text)
		}
	}
	if err != nil {
		return nil, &failure{code: "invalid", text: fmt.Sprintf("%s redirects to a wrong URL: %s", h.url.Host, err)}
	}
	if !strings.HasPrefix(target.Scheme, "http") {
		return nil, &failure{code: "unsupported", text: fmt.Sprintf("%s redirects to a URL that begins with %s:", h.url.Host, target.Scheme)}
	}
	target.User = nil // the server does not choose the credentials
	if err := checkURL(target, text); err != nil {
		return nil, &failure{code: "invalid", text: fmt.Sprintf("%s redirects to a wrong URL: %s", h.url.Host, err)}
	}
	if h.url.Scheme == "https" && target.Scheme == "http" {
		return nil, &failure{code: "denied", text: fmt.Sprintf("%s redirects from https to http, at %s", h.url.Host, target.Host)}
	}
	if err := c.r.checkSecrets(target); err != nil {
		return nil, &failure{code: "denied", text: fmt.Sprintf("%s redirects to %s: %s", h.url.Host, target.Host, err)}
	}
	if c.r.route.unix != "" || c.m.fake(method, target) != nil {
		return target, nil
	}
	if err := c.m.checkTarget(target); err != nil {
		var denied *permit.Denied
		if errors.As(err, &denied) {
			return nil, &failure{code: "denied", text: fmt.Sprintf("%s redirects to %s: %s", h.url.Host, target.Host, denied.Short())}
		}
		return nil, &failure{code: "invalid", text: fmt.Sprintf("%s redirects to a wrong URL: %s", h.url.Host, err)}
	}
	return target, nil
}
