package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
)

func TestProbeFindsOutWhatADeviceMayDo(t *testing.T) {
	t.Parallel()
	h := newHub(t).start()
	c := h.center()
	if err := c.SetWish(soon(t), message.Device("kiosk-07"), wishFor("a"), 0); err != nil {
		t.Fatal(err)
	}
	probe := func(role string) map[string]Right {
		t.Helper()
		p, err := DialProbe(soon(t), h.options(h.creds(role, "kiosk-07", "group:kiosk")))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if took, err := p.AnswerTime(soon(t)); err != nil || took <= 0 {
			t.Errorf("answer time: %v, %v", took, err)
		}
		rights := map[string]Right{}
		for _, r := range p.Rights(soon(t)) {
			rights[r.What] = r
		}
		return rights
	}
	for what, r := range probe("device") {
		if r.Err != nil || r.Granted != r.Needed {
			t.Errorf("a device: %s: %+v", what, r)
		}
	}
	for what, r := range probe("admin") {
		if r.Err != nil || !r.Granted {
			t.Errorf("an administrator: %s: %+v", what, r)
		}
	}
	few := probe("caller")
	for what, granted := range map[string]bool{"read the wish for itself": false, "get commands": false, "write wishes": false, "hear that the wish for the group kiosk has changed": false} {
		if r, ok := few[what]; !ok || r.Granted != granted || r.Err != nil {
			t.Errorf("with few rights: %s: %+v", what, r)
		}
	}
	// Nothing has changed, even with the right to change everything.
	if w, revision, err := c.Wish(soon(t), message.Device("kiosk-07")); err != nil || revision != 1 || w.First[0] != "a" {
		t.Errorf("the wish is now %+v, revision %d, %v", w, revision, err)
	}
}

func TestProbeReadsKeysAndNeedsCredentials(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.listen = true
	c := h.start().center()
	if _, err := c.SetKeySet(soon(t), 2, message.Signed{Text: []byte("keys")}); err != nil {
		t.Fatal(err)
	}
	p, err := DialProbe(soon(t), h.options(h.creds("device", "kiosk-07")))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if s, err := p.KeySet(soon(t), 2); err != nil || string(s.Text) != "keys" {
		t.Errorf("got %s, %v", s.Text, err)
	}
	if _, err := p.KeySet(soon(t), 3); !errors.Is(err, follow.ErrNone) {
		t.Errorf("got %v", err)
	}
	h.stop()
	for _, r := range p.Rights(soon(t)) {
		if r.Err == nil {
			t.Errorf("without a hub: %+v", r)
		}
	}
	stranger := newHub(t)
	h.start()
	if _, err := DialProbe(soon(t), h.options(stranger.creds("device", "kiosk-07"))); !errors.Is(err, ErrRefused) {
		t.Errorf("with credentials of another fleet: %v", err)
	}
	if _, err := DialProbe(soon(t), h.options([]byte("nothing"))); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("without credentials: %v", err)
	}
}

func TestReachConnectsWithEachAddress(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.listen = true
	h.start()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	o := Options{URL: "nats://" + gone.Addr().String() + "," + h.url()}
	all, err := Reach(soon(t), o)
	if err != nil || len(all) != 2 {
		t.Fatalf("got %+v, %v", all, err)
	}
	if a := all[0]; a.Err == nil || !strings.Contains(a.Err.Error(), "refused") {
		t.Errorf("got %+v", a)
	}
	if a := all[1]; a.Err != nil || !strings.HasPrefix(a.Version, "2.") || a.TLS != nil || a.Took <= 0 {
		t.Errorf("got %+v", a)
	}
	if _, err := Reach(soon(t), Options{URL: "nats://hub.example.com"}); err == nil || !strings.Contains(err.Error(), "no TLS") {
		t.Errorf("without TLS to another machine: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if all, err := Reach(ended, o); err != nil || all[1].Err == nil {
		t.Errorf("after the end of the context: %+v, %v", all, err)
	}
}

func TestReachReportsTheCertificate(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	h := newHub(t)
	h.listen, h.tls = true, &tls.Config{Certificates: []tls.Certificate{a.hub}}
	h.start()
	all, err := Reach(soon(t), Options{URL: h.url(), RootCAs: a.pool()})
	if err != nil || len(all) != 1 || all[0].Err != nil || all[0].TLS == nil || len(all[0].TLS.PeerCertificates) == 0 {
		t.Errorf("got %+v, %v", all, err)
	}
	all, err = Reach(soon(t), Options{URL: h.url()})
	if err != nil || all[0].Err == nil || !strings.Contains(all[0].Err.Error(), "x509") {
		t.Errorf("with an authority that is not known: %+v, %v", all, err)
	}
}
