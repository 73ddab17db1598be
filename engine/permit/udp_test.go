package permit

import (
	"errors"
	"net/netip"
	"testing"
)

func TestFromWhomASocketReceives(t *testing.T) {
	const public, lan, own, metadata = "203.0.113.7:9", "192.168.1.5:9", "127.0.0.1:9", "169.254.169.254:9"
	for _, row := range []struct {
		why  string
		net  []string
		host string // of the option host, with the port 0 unless isOpen
		open bool
		want []string
	}{
		{"no grant", nil, "", false, nil},
		{"an address", []string{"203.0.113.7"}, "", false, []string{public}},
		{"another port", []string{"203.0.113.7:10"}, "", false, nil},
		{"lan", []string{"lan"}, "", false, []string{lan}},
		{"everything", []string{""}, "", false, []string{public, lan, own}},
		{"a certain port", nil, "127.0.0.1", true, []string{public, lan, own, metadata}},
		{"a certain port for local networks", nil, "lan", true, []string{lan, own, metadata}},
	} {
		b := newNetBroker(t, Options{Grants: []Grant{{Kind: Listen}}}, row.net...)
		o := UDPOptions{Host: row.host}
		if row.open {
			for o.Port = 20000; ; o.Port++ {
				s, err := b.OpenUDP(o)
				if err == nil {
					s.Close()
					break
				}
			}
		}
		s, err := b.OpenUDP(o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for _, from := range []string{public, lan, own, metadata} {
			want := false
			for _, w := range row.want {
				want = want || w == from
			}
			if got := s.mayReceive(netip.MustParseAddrPort(from)); got != want {
				t.Errorf("%s: from %s: %v, want %v", row.why, from, got, want)
			}
		}
	}
}

func TestACertainPortNeedsAGrant(t *testing.T) {
	b := newNetBroker(t, Options{Grants: []Grant{{Kind: Listen, Value: "8080"}}}, "")
	var denied *Denied
	for _, o := range []UDPOptions{{Port: 8080}, {Host: "127.0.0.1", Port: 8081}, {Host: "0.0.0.0", Port: 8080}, {Host: "::", Port: 8080}, {Host: "lan", Port: 8080}} {
		if s, err := b.OpenUDP(o); !errors.As(err, &denied) {
			t.Errorf("%+v: %v, %v", o, s, err)
		}
	}
}

// A socket remembers only the last addresses to which it has sent.
func TestTheMemoryOfASocketIsLimited(t *testing.T) {
	s := &UDPSocket{b: newNetBroker(t, Options{})}
	addr := netip.MustParseAddr("192.0.2.1")
	for port := range uint16(300) {
		s.noteSent(netip.AddrPortFrom(addr, port+1))
		s.noteSent(netip.AddrPortFrom(addr, 1000)) // again and again
	}
	if len(s.sent) != maxSent || s.mayReceive(netip.AddrPortFrom(addr, 1)) || !s.mayReceive(netip.AddrPortFrom(addr, 300)) || !s.mayReceive(netip.AddrPortFrom(addr, 1000)) {
		t.Errorf("the socket remembers %d addresses", len(s.sent))
	}
}
