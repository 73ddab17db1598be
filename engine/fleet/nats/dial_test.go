package nats

import (
	"net"
	"strings"
	"testing"
)

// The credentials of another role would be refused by the hub, subject by subject.
func TestCredentialsOfAnotherRoleAreRefused(t *testing.T) {
	t.Parallel()
	h := newHub(t) // not started
	for name, c := range map[string]struct {
		dial    func(Options) error
		allowed string
	}{
		"device": {func(o Options) error { d, err := DialDevice(o); closeIf(d, err); return err }, "device"},
		"worker": {func(o Options) error { w, err := DialWorker(o); closeIf(w, err); return err }, "worker host"},
		"host":   {func(o Options) error { h, err := DialHost(o); closeIf(h, err); return err }, "host operator"},
		"center": {func(o Options) error { c, err := DialCenter(t.Context(), o); closeIf(c, err); return err }, "operator hub"},
	} {
		for _, role := range []string{"device", "worker", "host", "operator", "hub", "joiner"} {
			err := c.dial(h.options(h.creds("device", "anna", "role:"+role)))
			refused := err != nil && strings.Contains(err.Error(), "anna has the role "+role+"; this needs the role ")
			if refused == strings.Contains(c.allowed, role) {
				t.Errorf("%s with the role %s: got %v", name, role, err)
			}
		}
	}
}

// closeIf closes a connection that was begun.
func closeIf(c interface{ Close() }, err error) {
	if err == nil {
		c.Close()
	}
}

func TestAnAddressThatIsNotInTheURLNeedsTLS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, address, want string }{
		{"nats://127.0.0.1:4222", "127.0.0.1:4222", ""},
		{"nats://127.0.0.1:4222", "127.0.0.1:4223", "the hub has no TLS"},
		{"tls://hub.example.com", "hub.example.com:4222", "the hub has no TLS"},
		{"tls://hub.example.com", "HUB.example.com:4222", "the hub has no TLS"},
		{"tls://hub.example.com,nats://localhost", "hub.example.com:4222", "the hub has no TLS"},
		{"tls://hub.example.com,nats://localhost", "localhost:4222", ""},
	} {
		hubs, err := parseURL(c.url)
		if err != nil {
			t.Fatal(err)
		}
		client, server := net.Pipe()
		go func() {
			_, _ = server.Write([]byte("INFO {}\r\n"))
			_ = server.Close()
		}()
		_, _, err = (&dialer{hubs: hubs}).secure(t.Context(), client, c.address)
		if got := errorText(err); got != c.want {
			t.Errorf("%s of %s: got %q, want %q", c.address, c.url, got, c.want)
		}
		_ = client.Close()
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
