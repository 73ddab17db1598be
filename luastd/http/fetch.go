package http

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"moonlark/luastd"
	"moonlark/luastd/sockets"
)

// fetchTimeout is how long a Fetcher waits for the head of an answer, and for each piece of a body.
const fetchTimeout = 30 * time.Second

// A Fetcher gets the content of URLs for other modules, by the rules of http.get: the script needs
// the permission for each host, redirects are followed, and the fake servers of a test answer.
type Fetcher struct{ m *module }

// NewFetcher returns a Fetcher for the script of rt. It must be called on the executor's goroutine.
func NewFetcher(rt luastd.Runtime) *Fetcher {
	m := &module{rt: rt, userAgent: userAgent(), budget: rt.Budget()}
	m.ctx, m.end = context.WithCancel(context.Background())
	m.own()
	return &Fetcher{m}
}

// Parse returns the URL that text is. Its error says that text is not a URL, or that the script lacks
// the permission for its host. Any goroutine may call it.
func (f *Fetcher) Parse(text string) (*url.URL, error) {
	u, err := parseURL(text)
	if err != nil || f.m.fake(http.MethodGet, u) != nil {
		return u, err
	}
	return u, checkTarget(f.m.rt.Permit(), u)
}

// Open sends a GET request for u, which Parse has returned, and returns the body of the answer, which
// may be endless, and its content type. It blocks until the answer begins. When ctx is done, the
// body ends. The error, and those of the body, are of the type *sockets.Failure. Any goroutine may
// call Open.
func (f *Fetcher) Open(ctx context.Context, u *url.URL) (body io.ReadCloser, contentType string, err error) {
	tls, err := sockets.ParseTLSFields(nil)
	if err != nil {
		return nil, "", err
	}
	r := &request{
		name: "get", route: route{tls: tls}, method: http.MethodGet, url: u, header: http.Header{"User-Agent": {f.m.userAgent}},
		timeout: fetchTimeout, connectTimeout: defaultConnecting, redirects: 5, stream: true,
		faked: f.m.fake(http.MethodGet, u) != nil,
	}
	if user := u.User; user != nil {
		password, _ := user.Password()
		r.header.Set("Authorization", basic(user.Username(), password))
		clean := *u
		clean.User = nil
		r.url = &clean
	}
	c := &call{m: f.m, r: r, begun: time.Now(), timeout: fetchTimeout, stage: stageRunning}
	c.ctx, c.cancel = context.WithCancelCause(f.m.ctx)
	c.timer = time.AfterFunc(fetchTimeout, func() { c.cancel(timeoutError(fetchTimeout)) })
	stop := context.AfterFunc(ctx, func() { c.cancel(errAbandoned) })
	a, err := c.perform()
	c.finish(a, err)
	c.end()
	if err != nil {
		stop()
		return nil, "", fetchFailure(err, u.Host)
	}
	b := &fetchedBody{stream: a.stream, host: u.Host, stop: stop}
	if a.status < 200 || a.status > 299 {
		b.Close()
		code := "failed"
		if a.status == 404 || a.status == 410 {
			code = "not_found"
		}
		return nil, "", &sockets.Failure{Code: code, Text: fmt.Sprintf("%s has answered with the status %d", u.Host, a.status)}
	}
	return b, a.header.Get("Content-Type"), nil
}

func fetchFailure(err error, host string) *sockets.Failure {
	f := explain(err, host)
	return &sockets.Failure{Code: f.code, Text: f.text}
}

// A fetchedBody is the body of an answer.
type fetchedBody struct {
	stream *stream
	host   string
	stop   func() bool
}

func (b *fetchedBody) Read(p []byte) (int, error) {
	defer b.stream.cancelAfter(fetchTimeout, fetchTimeout).Stop()
	n, err := b.stream.body.Read(p)
	if err != nil && err != io.EOF {
		err = fetchFailure(err, b.host)
	}
	return n, err
}

func (b *fetchedBody) Close() error {
	b.stop()
	b.stream.close()
	return nil
}
