package doctor_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"moonlark/audio/device"
	"moonlark/engine/doctor"
	"moonlark/engine/rest"
)

// Each row is something on the machine or on the way to the host, and what is
// found of it.
func TestTheMachineIsLookedAt(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it is about us
	secure.StartTLS()
	defer secure.Close()
	sick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	defer sick.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	undated := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header()["Date"] = nil }))
	defer undated.Close()
	signs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "wss://example.com/?secret") }))
	defer signs.Close()
	named := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	lookup := func(addresses []string, err error) func(*doctor.Options) {
		return func(o *doctor.Options) {
			o.Client.Host = named
			o.Lookup = func(context.Context, string) ([]string, error) { return addresses, err }
		}
	}
	devices := func(reasons ...string) func(*doctor.Options) {
		return func(o *doctor.Options) {
			o.Devices = func(context.Context) (a, b []device.Entry, c []string) { return nil, nil, reasons }
		}
	}
	off := func(d time.Duration) func(*doctor.Options) {
		return func(o *doctor.Options) {
			began := time.Now()
			o.Clock = func() (time.Time, time.Duration) { return time.Now().Add(d), time.Since(began) }
		}
	}
	for _, row := range []struct {
		name    string
		prepare func(*doctor.Options)
		want    string // how a line begins
	}{
		{"memory", nil, "ok machine memory: scripts may use 1024 MiB"},
		{"little memory", func(o *doctor.Options) { o.Memory = 8 << 20 }, "warning machine memory: scripts may use only 8 MiB ->"},
		{"unknown memory", func(o *doctor.Options) { o.Memory = 0 }, "skipped machine memory: not checked: nobody"},
		{"a speaker", nil, "ok machine speaker: pulse:a"},
		{"microphones", nil, "ok machine microphone: 2 microphones: see moonlark audio devices"},
		{"no speaker", devices(), "warning machine speaker: there is none -> run with --text or --headless, or name a device with --speaker"},
		{"no microphone", devices(), "warning machine microphone: there is none -> run with --text or --headless, or name a device with --mic"},
		{"nobody to ask for devices", devices("pulse: not there", "alsa: not there"), "skipped machine speaker: not checked: there is no list (pulse: not there; alsa: not there) ->"},

		{"the time", nil, "ok machine clock: right within "},
		{"the time, nearly", off(30 * time.Second), "ok machine clock: right within 3"},
		{"a clock ahead", off(time.Hour), "error machine clock: it is 1h0m"},
		{"a clock behind", off(-95 * time.Second), "error machine clock: it is 1m3"},
		{"a clock without a battery", off(-60 * 365 * 24 * time.Hour), "error machine clock: it says 19"},
		{"a clock that is being set", func(o *doctor.Options) {
			began, n := time.Now(), 0
			o.Clock = func() (time.Time, time.Duration) {
				n++
				return time.Now().Add(time.Duration(n) * 10 * time.Minute), time.Since(began)
			}
		}, "warning machine clock: it was set by 20m0s while we looked"},
		{"no time to compare with", func(o *doctor.Options) { o.Client.Host = undated.URL }, "skipped machine clock: not checked: it says 20"},

		{"an address", nil, "skipped network DNS: not checked: 127.0.0.1 is an address"},
		{"a name", lookup([]string{"192.0.2.1", "192.0.2.2"}, nil), "ok network DNS: localhost is 192.0.2.1"},
		{"no such name", lookup(nil, &net.DNSError{IsNotFound: true}), "error network DNS: there is no localhost -> check --host"},
		{"no such name, so nothing to reach", lookup(nil, &net.DNSError{IsNotFound: true}), "skipped network reach: not checked"},
		{"no DNS", lookup(nil, &net.DNSError{Err: "server misbehaving"}), "error network DNS: nothing is known of localhost: server misbehaving -> check the network"},
		{"a proxy", func(o *doctor.Options) {
			o.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse("http://me:secret@proxy:3128/") }
		}, "ok network proxy: http://proxy:3128"},
		{"a proxy that is none", func(o *doctor.Options) {
			o.Proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New("secret") }
		}, "error network proxy: the address makes no sense -> check HTTPS_PROXY"},
		{"a host", nil, "ok network reach: 127.0.0.1:"},
		{"a host with TLS", func(o *doctor.Options) {
			o.Client = &rest.Client{Host: secure.URL, HTTP: secure.Client()}
		}, "ok network reach: " + secure.Listener.Addr().String() + " answers after "},
		{"a certificate of nobody", func(o *doctor.Options) { o.Client.Host = secure.URL }, "error network reach: " + secure.Listener.Addr().String() + ": tls: failed to verify certificate: x509: certificate signed by unknown authority -> install"},
		{"no TLS", func(o *doctor.Options) { o.Client.Host = server.Listener.Addr().String() }, "error network reach: " + server.Listener.Addr().String() + ": http: server gave HTTP response to HTTPS client -> it does not speak TLS"},
		{"nobody there", func(o *doctor.Options) { o.Client.Host = gone.URL }, "error network reach: " + gone.Listener.Addr().String() + ": dial tcp " + gone.Listener.Addr().String() + ": connect: connection refused -> nothing listens there"},
		{"a host in trouble", func(o *doctor.Options) { o.Client.Host = sick.URL }, "warning network reach: " + sick.Listener.Addr().String() + " answers after "},

		{"a signed URL", func(o *doctor.Options) { o.SignedURLFrom = signs.URL }, "ok agent signed URL: one comes when it is asked for"},
		{"no signed URL", func(o *doctor.Options) { o.SignedURLFrom = server.URL + "/?token=secret" }, "error agent signed URL: signed URL: HTTP 404: 404 page not found -> check the path"},
		{"no scripts", nil, "skipped scripts : not checked: none was named"},
		{"a script that does not load", func(o *doctor.Options) { o.LoadError, o.LoadHint = errors.New("a.lua:1: what?"), "say it again" }, "error scripts : a.lua:1: what? -> say it again"},
		{"no agent", nil, "skipped agent : not checked: no agent was named"},
		{"no key", func(o *doctor.Options) { o.Client.Key = rest.Key{} }, "skipped agent : not checked: there is no API key -> set ELEVENLABS_API_KEY"},
	} {
		t.Run(row.name, func(t *testing.T) {
			opts := healthy(server)
			if row.prepare != nil {
				row.prepare(&opts)
			}
			var found []string
			if err := doctor.Run(t.Context(), opts, func(f doctor.Finding) { found = append(found, line(f)) }); err != nil {
				t.Fatal(err)
			}
			all := strings.Join(found, "\n")
			if !strings.Contains("\n"+all, "\n"+row.want) || strings.Contains(all, "secret") {
				t.Errorf("got\n%s\nwant\n%s", all, row.want)
			}
		})
	}
}

func TestAMistakeInTheHostIsAnError(t *testing.T) {
	if err := doctor.Run(t.Context(), doctor.Options{Client: &rest.Client{Host: "http://example.com"}}, nil); err == nil {
		t.Error("got none")
	}
}

// Whoever interrupts it need not wait for what does not answer.
func TestRunEndsWithItsContext(t *testing.T) {
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer server.Close()
	defer close(over)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	opts := healthy(server)
	opts.Agent = "agent_1"
	began := time.Now()
	err := doctor.Run(ctx, opts, func(f doctor.Finding) {
		if f.Level == doctor.Error {
			t.Errorf("it is not the host's fault: %s", line(f))
		}
	})
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
		t.Errorf("got %v after %v", err, took)
	}
}

func TestTheVerdictSumsUp(t *testing.T) {
	for _, row := range []struct {
		found map[doctor.Level]int
		want  string
	}{
		{nil, "nothing is wrong"},
		{map[doctor.Level]int{doctor.OK: 3, doctor.Skipped: 2}, "nothing is wrong, 2 not checked"},
		{map[doctor.Level]int{doctor.Error: 1, doctor.Warning: 2, doctor.Skipped: 1}, "1 error, 2 warnings, 1 not checked"},
	} {
		if got := doctor.Verdict(row.found); got != row.want {
			t.Errorf("got %s, want %s", got, row.want)
		}
	}
}
