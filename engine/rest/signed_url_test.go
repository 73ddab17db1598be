package rest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"moonlark/engine/apikey"
	"moonlark/engine/network"
	"moonlark/engine/rest"
	"moonlark/engine/rest/resttest"
)

const (
	secret = "sk_0123456789abcdef"
	signed = "wss://api.elevenlabs.io/v1/convai/conversation?agent_id=agent_1&conversation_signature=s3cret"
)

func TestASignedURLIsRequestedWithTheKey(t *testing.T) {
	api := &resttest.API{Key: secret, Signed: map[string]string{"agent one&more": signed}}
	server := resttest.Serve(t, api)
	c := &rest.Client{Host: server.URL, Key: apikey.New(secret)}
	for name, row := range map[string]struct {
		opts rest.SignedURLOptions
		want string
	}{
		"plain":       {want: "GET /v1/convai/conversation/get-signed-url?agent_id=agent+one%26more"},
		"all options": {rest.SignedURLOptions{Branch: "b", Environment: "staging"}, "GET /v1/convai/conversation/get-signed-url?agent_id=agent+one%26more&branch_id=b&environment=staging"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.SignedURL(t.Context(), "agent one&more", row.opts)
			if got != signed || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
			requests := api.Requests()
			if last := requests[len(requests)-1]; last != row.want {
				t.Errorf("requested %s, want %s", last, row.want)
			}
		})
	}
}

func TestTheUsersServerReturnsASignedURL(t *testing.T) {
	for name, row := range map[string]struct {
		body string
		want string // a part of the expected error; empty if no error is expected
	}{
		"JSON":               {body: `{"signed_url": "` + signed + `", "more": 1}`},
		"text":               {body: " " + signed + "\n"},
		"camel case":         {body: `{"signedUrl": "` + signed + `"}`},
		"a JSON string":      {body: ` "` + signed + `" `},
		"in data":            {body: `{"success": true, "data": {"signedUrl": "` + signed + `"}}`},
		"text in data":       {body: `{"data": "` + signed + `"}`},
		"in result":          {body: `{"result": {"signed_url": "` + signed + `"}}`},
		"in result in data":  {body: `{"data": {"result": "` + signed + ` "}}`},
		"a byte order mark":  {body: "\ufeff" + `{"signed_url": "` + signed + `"}`},
		"null":               {body: `{"signed_url": null, "signedUrl": "` + signed + `"}`},
		"nothing in data":    {body: `{"data": {"error": "wss://x"}}`, want: "not a URL that begins with wss://"},
		"a number":           {body: `{"signed_url": 1, "data": []}`, want: "not a URL that begins with wss://"},
		"no TLS":             {body: strings.Replace(signed, "wss:", "ws:", 1)},
		"an HTML page":       {body: "<html>", want: "not a URL that begins with wss://"},
		"an empty body":      {want: "not a URL that begins with wss://"},
		"another JSON field": {body: `{"url": "wss://x"}`, want: "not a URL that begins with wss://"},
		"an HTTP URL":        {body: `{"signed_url": "https://x/?s3cret"}`, want: "not a URL that begins with wss://"},
		"incomplete JSON":    {body: `{"signed_url": "`, want: "not valid JSON"},
		"two URLs":           {body: signed + "\n" + signed, want: "not a URL that begins with wss://"},
		"too large":          {body: strings.Repeat("x", 9<<20), want: "larger than 8 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("xi-api-key") != "" {
					t.Error("the key was sent")
				}
				w.Write([]byte(row.body))
			}))
			defer server.Close()
			got, err := (&rest.Client{Key: apikey.New(secret)}).FetchSignedURL(t.Context(), server.URL+"/url?token=t0ken")
			if row.want == "" {
				if err != nil || !strings.Contains(got, "conversation_signature=s3cret") {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "t0ken") {
				t.Errorf("got %q, %v; want %s", got, err, row.want)
			}
		})
	}
}

func TestErrorsDoNotContainTheSecretsOfTheServersURL(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	gone := httptest.NewServer(nil)
	gone.Close()
	defer server.Close()
	for _, from := range []string{server.URL, gone.URL, "ftp://x", "://", "http://%zz", ""} {
		if from == server.URL || from == gone.URL {
			from = strings.Replace(from, "http://", "http://someone:p4ss@", 1)
		}
		_, err := new(rest.Client).FetchSignedURL(t.Context(), from+"/?token=t0ken")
		if err == nil || strings.Contains(err.Error(), "t0ken") || strings.Contains(err.Error(), "p4ss") {
			t.Errorf("%s: got %v", from, err)
		}
	}
}

func TestTheKeyDoesNotFollowARedirect(t *testing.T) {
	otherHost := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was requested, with the key %q", r.URL, r.Header.Get("xi-api-key"))
	}))
	defer otherHost.Close()
	server := httptest.NewServer(http.RedirectHandler(otherHost.URL, http.StatusFound))
	defer server.Close()
	c := &rest.Client{Host: server.URL, Key: apikey.New(secret)}
	_, err := c.SignedURL(t.Context(), "agent_1", rest.SignedURLOptions{})
	var e *rest.Error
	if !errors.As(err, &e) || e.Status != http.StatusFound {
		t.Errorf("got %v", err)
	}
}

func TestARequestEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	c := &rest.Client{Host: server.URL, Key: apikey.New(secret)}
	_, err := c.SignedURL(ctx, "agent_1", rest.SignedURLOptions{})
	if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "agent_1") {
		t.Errorf("got %v", err)
	}
}

// The test checks two errors of net/http that contain secrets: one quotes the address of a proxy,
// the other the target of a redirect.
func TestErrorsOfTheNetworkContainNoSecrets(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://%zz/?p4ss")
		w.WriteHeader(http.StatusFound)
	}))
	defer server.Close()
	bad := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) {
		return nil, errors.New(`invalid proxy address "http://someone:p4ss@": no host`)
	}}
	for _, c := range []*rest.Client{{}, {HTTP: &http.Client{Transport: bad}}} {
		_, err := c.FetchSignedURL(t.Context(), server.URL)
		var e *rest.Error
		if !errors.As(err, &e) || strings.Contains(err.Error(), "p4ss") || e.Hint == "" || !e.Final() {
			t.Errorf("got %v", err)
		}
	}
}

func TestTheRefusalOfAProxyIsAnErrorOfTheProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
	defer proxy.Close()
	transport := network.Transport()
	transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	c := rest.Client{Key: apikey.New(secret), HTTP: &http.Client{Transport: transport}}
	_, err := c.SignedURL(t.Context(), "agent_1", rest.SignedURLOptions{})
	var e *rest.Error
	if !errors.As(err, &e) || err.Error() != "signed URL: the proxy "+proxy.URL+" answered HTTP 407: Proxy Authentication Required" || !strings.Contains(e.Hint, "user:password") || !e.Final() {
		t.Errorf("got %v, %+v", err, e)
	}
}

func TestErrorsThatMayPassAreNotFinal(t *testing.T) {
	for status, want := range map[int]bool{401: true, 404: true, 302: true, 408: false, 429: false, 500: false, 503: false} {
		server := resttest.Serve(t, &resttest.API{Refuse: map[string]resttest.Refusal{"/v1/convai/agents/a": {Status: status}}})
		_, err := (&rest.Client{Host: server.URL, Key: apikey.New(secret)}).Agent(t.Context(), "a", "")
		if e, ok := err.(*rest.Error); !ok || e.Final() != want {
			t.Errorf("%d: got %v", status, err)
		}
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	if _, err := (&rest.Client{}).FetchSignedURL(t.Context(), gone.URL); err.(*rest.Error).Final() {
		t.Errorf("no server: %v", err)
	}
	if _, err := (&rest.Client{}).Agent(t.Context(), "a", ""); !err.(*rest.Error).Final() {
		t.Errorf("no key: %v", err)
	}
}
