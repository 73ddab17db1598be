package cli

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"moonlark/engine/fleet/message"
)

func TestMetricsOfTheFleetArePrinted(t *testing.T) {
	o := newOperatorTest(t, 1)
	o.hub.Measure(message.Metrics{Header: message.Header{Device: "kiosk-00"}, Text: "moonlark_connected 1\n"})
	o.has(o.ok("fleet", "metrics"), "moonlark_connected{device=\"kiosk-00\"} 1\n", "moonlark_fleet_device_up{device=\"kiosk-00\"} 1\n")
	o.fails("want HOST:PORT", "fleet", "metrics", "--http", "nowhere")
	o.fails("could read the metrics: set a token", "fleet", "metrics", "--http", "0.0.0.0:0")
	o.fails("--http-token needs --http", "fleet", "metrics", "--http-token", "secret")
	o.hub.Fail(errors.New("the hub is full"))
	o.fails("the hub is full", "fleet", "metrics")
}

func TestMetricsOfTheFleetAreServed(t *testing.T) {
	o := newOperatorTest(t, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := &metricsHandler{hub: o.hub, token: "secret", address: listener.Addr().String()}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- serveMetrics(ctx, listener, handler) }()
	get := func(path, token, host string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Host = host
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	if status, text := get("/metrics", "secret", "localhost"); status != http.StatusOK || !strings.Contains(text, `moonlark_fleet_device_up{device="kiosk-00"} 1`) {
		t.Errorf("got %d, %s", status, text)
	}
	for _, row := range []struct {
		path, token, host string
		want              int
	}{
		{"/metrics", "guess", "localhost", http.StatusUnauthorized},
		{"/metrics", "", "127.0.0.1:9100", http.StatusUnauthorized},
		{"/metrics", "secret", "page.example", http.StatusForbidden},
		{"/other", "secret", "localhost", http.StatusNotFound},
	} {
		if status, text := get(row.path, row.token, row.host); status != row.want || strings.Contains(text, "kiosk-00") {
			t.Errorf("%+v: got %d, %s", row, status, text)
		}
	}
	o.hub.Fail(errors.New("the hub is full"))
	if status, text := get("/metrics", "secret", "localhost"); status != http.StatusBadGateway || !strings.Contains(text, "the hub is full") {
		t.Errorf("got %d, %s", status, text)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTheFlagsOfTheFleetForDoctor(t *testing.T) {
	if _, err := (deviceFlags{FleetCreds: "device.creds"}).toCheck(); err == nil || err.Error() != "--fleet-creds and --fleet-ca need --fleet" {
		t.Errorf("got %v", err)
	}
	if check, err := (deviceFlags{}).toCheck(); check != nil || err != nil {
		t.Errorf("without flags: %+v, %v", check, err)
	}
	store := t.TempDir()
	only := fleetStoreFlag{FleetStore: store}
	if check, err := (deviceFlags{fleetStoreFlag: only}).toCheck(); err != nil || check.Store != store || check.Hub != nil || check.HubError != nil {
		t.Errorf("without a hub: %+v, %v", check, err)
	}
	check, err := deviceFlags{fleetStoreFlag: only, Fleet: "tls://hub.example"}.toCheck()
	if err != nil || check.Hub != nil || check.HubError == nil || !strings.Contains(check.HubError.Error(), "has not joined a fleet") {
		t.Errorf("without credentials: %+v, %v", check, err)
	}
}
