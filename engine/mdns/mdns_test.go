package mdns

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"moonlark/engine/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// register announces a service until the test ends. It skips the test if there is no network that
// carries datagrams to groups.
func register(t *testing.T, s Service, kind string) *Responder {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	r, err := Register(t.Context(), s, kind)
	if err != nil {
		t.Skipf("no service can be announced here: %v", err)
	}
	t.Cleanup(r.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := Lookup(ctx, HostName()); err != nil {
		t.Skipf("the network carries no datagrams to groups: %v", err)
	}
	return r
}

func browse(t *testing.T, kind string) []Service {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	found, err := Browse(ctx, kind)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestServicesAreFound(t *testing.T) {
	kind := fmt.Sprintf("_Ml%d._tcp", os.Getpid()) // not that of a test that runs at the same time
	one := register(t, Service{Name: "Kitchen panel", Port: 8080, Text: map[string]string{"path": "/a=b", "model": "Ü"}}, kind)
	two := register(t, Service{Name: "Kitchen panel", Port: 8081}, kind)
	if one.Name() != "Kitchen panel" || two.Name() != "Kitchen panel (2)" {
		t.Errorf("the names are %s and %s", one.Name(), two.Name())
	}
	var found []Service
	testkit.Until(t, "both services are found", func() bool {
		found = browse(t, strings.ToLower(kind))
		return len(found) == 2
	})
	for i, port := range []uint16{8080, 8081} {
		if s := found[i]; s.Port != port || s.Host != HostName() || len(s.Addresses) == 0 {
			t.Errorf("got %+v", s)
		}
	}
	if s := found[0]; s.Name != "Kitchen panel" || s.Text["path"] != "/a=b" || s.Text["model"] != "Ü" {
		t.Errorf("got %+v", s)
	}
	if !slices.ContainsFunc(found[0].Addresses, netip.Addr.Is4) {
		t.Errorf("the addresses are %v", found[0].Addresses)
	}
	two.Close()
	testkit.Until(t, "one service is found after Close", func() bool { return len(browse(t, kind)) == 1 })
	if found := browse(t, "_nobodyhasthis._tcp"); len(found) != 0 {
		t.Errorf("got %+v", found)
	}
}

func TestLookupOfAnUnknownName(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	addrs, err := Lookup(ctx, "nobody-has-this-name.local")
	if err == nil || len(addrs) > 0 {
		t.Errorf("got %v, %v", addrs, err)
	}
}

func TestNamesOfServices(t *testing.T) {
	for name, kind := range map[string]string{"": "_http._tcp", "a.b": "_http._tcp", "a": "http", "b": "_http", "c": "_http._sctp", "d": "_averyveryverylongkind._tcp", strings.Repeat("x", 60): "_http._tcp"} {
		if CheckService(name, kind) == nil {
			t.Errorf("%q %q was accepted", name, kind)
		}
	}
}

// Answers cannot lead to this machine itself, and cannot use up the memory.
func TestHostileAnswers(t *testing.T) {
	r := newRecords()
	name := func(s string) dnsmessage.Name { return dnsmessage.MustNewName(s) }
	record := func(n string, body dnsmessage.ResourceBody) dnsmessage.Resource {
		return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name(n), TTL: 10}, Body: body}
	}
	for _, addr := range []string{"::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:224.0.0.1"} {
		r.add(record("a.local.", &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(addr).As16()}), "eth0")
	}
	for _, addr := range []string{"127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"} {
		r.add(record("a.local.", &dnsmessage.AResource{A: netip.MustParseAddr(addr).As4()}), "eth0")
	}
	r.add(record("a.local.", &dnsmessage.AAAAResource{AAAA: netip.IPv6Loopback().As16()}), "eth0")
	if got := r.addresses["a.local"]; len(got) > 0 {
		t.Errorf("the addresses are %v", got)
	}
	r.add(record("a.local.", &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("fe80::1").As16()}), "eth0")
	if got := r.addresses["a.local"]; len(got) != 1 || got[0].Zone() != "eth0" {
		t.Errorf("the addresses are %v", got)
	}
	r.add(record("_x._tcp.local.", &dnsmessage.PTRResource{PTR: name("other.example.")}), "eth0")
	if got := r.instances["_x._tcp.local"]; len(got) > 0 {
		t.Errorf("the instances are %v", got)
	}
	for i := range 10000 {
		r.add(record("b.local.", &dnsmessage.AResource{A: [4]byte{10, 0, byte(i >> 8), byte(i)}}), "eth0")
	}
	if n := len(r.addresses["b.local"]); n > maxKnown {
		t.Errorf("%d addresses are kept", n)
	}
	d := device{prefixes: []netip.Prefix{netip.MustParsePrefix("192.168.1.5/24")}}
	if d.isNear(netip.MustParseAddr("8.8.8.8")) || !d.isNear(netip.MustParseAddr("192.168.1.9")) {
		t.Error("isNear is wrong")
	}
}

// When a service ends, the machine keeps its name and its addresses, which other services need.
func TestTheEndOfAServiceKeepsTheAddresses(t *testing.T) {
	r := &Responder{service: Service{Name: "a", Host: "b.local", Port: 1}, kind: "_http._tcp.local"}
	d := &device{prefixes: []netip.Prefix{netip.MustParsePrefix("192.168.1.5/24")}}
	for seconds, want := range map[uint32]int{ttl: 5, 0: 3} {
		packet, _ := r.pack(d, nil, seconds)
		m, ok := parse(packet)
		if !ok || len(m.records) != want {
			t.Fatalf("time to live %d: got %+v", seconds, m)
		}
		for _, record := range m.records {
			if seconds == 0 && record.Header.Type == dnsmessage.TypeA {
				t.Error("the end of the service withdraws the address of the machine")
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	packet, _ := question{"_http._tcp.local", dnsmessage.TypePTR}.pack()
	f.Add(packet)
	r := &Responder{service: Service{Name: "a", Host: "b.local", Port: 1}, kind: "_http._tcp.local"}
	answer, _ := r.pack(&device{Interface: net.Interface{Name: "eth0"}, prefixes: []netip.Prefix{netip.MustParsePrefix("192.168.1.5/24")}}, nil, 120)
	f.Add(answer)
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, ok := parse(data); ok {
			known := newRecords()
			for _, record := range m.records {
				known.add(record, "eth0")
			}
			known.list("_http._tcp.local")
		}
	})
}
