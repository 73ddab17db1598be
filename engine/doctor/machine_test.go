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
	"moonlark/engine/apikey"
	"moonlark/engine/doctor"
	"moonlark/engine/network"
	"moonlark/engine/rest"
)

// Each row prepares the machine, the network or the options in one way, and has the beginning of
// the finding that must follow.
func TestMachineAndNetworkAreChecked(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	// Clients that refuse the certificate must not cause log output.
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	defer failing.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	undated := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header()["Date"] = nil }))
	defer undated.Close()
	signer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "wss://example.com/?secret") }))
	defer signer.Close()
	loginProxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(407) }))
	defer loginProxy.Close()
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
		want    string // the beginning of a finding that must be reported
	}{
		{"memory", nil, "ok machine memory: scripts may use 1024 MiB"},
		{"little memory", func(o *doctor.Options) { o.Memory = 8 << 20 }, "warning machine memory: scripts may use only 8 MiB ->"},
		{"unknown memory", func(o *doctor.Options) { o.Memory = 0 }, "skipped machine memory: not checked: the size is not known"},
		{"a speaker", nil, "ok machine speaker: pulse:a"},
		{"microphones", nil, "ok machine microphone: 2 microphones: see moonlark audio devices"},
		{"no speaker", devices(), "warning machine speaker: there is none -> run with --text or --headless, name a device with --speaker, or use a page with --speaker browser"},
		{"no microphone", devices(), "warning machine microphone: there is none -> run with --text or --headless, name a device with --mic, or use a page with --mic browser"},
		{"devices that cannot be listed", devices("pulse: not there", "alsa: not there"), "skipped machine speaker: not checked: the devices cannot be listed (pulse: not there; alsa: not there) ->"},

		{"the time", nil, "ok machine clock: right within "},
		{"a clock that is 30 s ahead", off(30 * time.Second), "ok machine clock: right within 3"},
		{"a clock ahead", off(time.Hour), "error machine clock: the clock is 1h0m"},
		{"a clock behind", off(-95 * time.Second), "error machine clock: the clock is 1m3"},
		{"a clock without a battery", off(-60 * 365 * 24 * time.Hour), "error machine clock: the clock says 19"},
		{"a clock that is being set", func(o *doctor.Options) {
			began, n := time.Now(), 0
			o.Clock = func() (time.Time, time.Duration) {
				n++
				return time.Now().Add(time.Duration(n) * 10 * time.Minute), time.Since(began)
			}
		}, "warning machine clock: the clock was moved by 20m0s during this check"},
		{"no time to compare with", func(o *doctor.Options) { o.Client.Host = undated.URL }, "skipped machine clock: not checked: the clock says 20"},

		{"an IP address", nil, "skipped network DNS: not checked: 127.0.0.1 is an IP address"},
		{"a host name", lookup([]string{"192.0.2.1", "192.0.2.2"}, nil), "ok network DNS: localhost is 192.0.2.1"},
		{"no such host", lookup(nil, &net.DNSError{IsNotFound: true}), "error network DNS: there is no host localhost -> check --host"},
		{"no such host, so reach is not checked", lookup(nil, &net.DNSError{IsNotFound: true}), "skipped network reach: not checked"},
		{"no DNS", lookup(nil, &net.DNSError{Err: "server misbehaving"}), "error network DNS: no address found for localhost: server misbehaving -> check the network"},
		{"a proxy", func(o *doctor.Options) {
			o.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse("http://me:secret@proxy:3128/") }
		}, "ok network proxy: http://proxy:3128"},
		{"an invalid proxy", func(o *doctor.Options) {
			o.Proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New("secret") }
		}, "error network proxy: the address is not valid -> check HTTPS_PROXY"},
		{"a proxy of an unknown kind", func(o *doctor.Options) {
			o.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse("socks4://me:secret@proxy:1080/") }
		}, "error network proxy: the proxy socks4://proxy:1080: this kind of address is not supported -> write HTTPS_PROXY=http://host:port"},
		{"a proxy that wants a password", func(o *doctor.Options) {
			transport := network.Transport()
			transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(loginProxy.URL) }
			o.Client = &rest.Client{Host: secure.URL, HTTP: &http.Client{Transport: transport}}
		}, "error network reach: the proxy " + loginProxy.URL + " answered HTTP 407: Proxy Authentication Required -> the proxy requires a user name and password"},
		{"a host", nil, "ok network reach: 127.0.0.1:"},
		{"a host with TLS", func(o *doctor.Options) {
			o.Client = &rest.Client{Host: secure.URL, HTTP: secure.Client()}
		}, "ok network reach: " + secure.Listener.Addr().String() + " answers after "},
		{"a certificate of an unknown authority", func(o *doctor.Options) { o.Client.Host = secure.URL }, "error network reach: " + secure.Listener.Addr().String() + ": tls: failed to verify certificate: x509: certificate signed by unknown authority -> install"},
		{"no TLS", func(o *doctor.Options) { o.Client.Host = server.Listener.Addr().String() }, "error network reach: " + server.Listener.Addr().String() + ": http: server gave HTTP response to HTTPS client -> the host does not speak TLS"},
		{"a host that refuses connections", func(o *doctor.Options) { o.Client.Host = gone.URL }, "error network reach: " + gone.Listener.Addr().String() + ": dial tcp " + gone.Listener.Addr().String() + ": connect: connection refused -> nothing listens there"},
		{"a host that answers 503", func(o *doctor.Options) { o.Client.Host = failing.URL }, "warning network reach: " + failing.Listener.Addr().String() + " answers after "},

		{"a signed URL", func(o *doctor.Options) { o.SignedURLFrom = signer.URL }, "ok agent signed URL: the server returns one"},
		{"no signed URL", func(o *doctor.Options) { o.SignedURLFrom = server.URL + "/?token=secret" }, "error agent signed URL: signed URL: HTTP 404: 404 page not found -> check the path"},
		{"no scripts", nil, "skipped scripts : not checked: no script was given"},
		{"a script that does not load", func(o *doctor.Options) { o.LoadError, o.LoadHint = errors.New("a.lua:1: what?"), "say it again" }, "error scripts : a.lua:1: what? -> say it again"},
		{"no agent", nil, "skipped agent : not checked: no agent was given"},
		{"no key", func(o *doctor.Options) { o.Client.Key = apikey.Key{} }, "skipped agent : not checked: there is no API key -> set ELEVENLABS_API_KEY"},
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

func TestInvalidHostIsAnError(t *testing.T) {
	if err := doctor.Run(t.Context(), doctor.Options{Client: &rest.Client{Host: "http://example.com"}}, nil); err == nil {
		t.Error("got none")
	}
}

// The test checks that Run returns soon after its context has ended, although a host has not
// responded, and that no finding then blames the host.
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
			t.Errorf("got %s, although ctx is the reason", line(f))
		}
	})
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
		t.Errorf("got %v after %v", err, took)
	}
}

func TestVerdictSummarisesTheFindings(t *testing.T) {
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
