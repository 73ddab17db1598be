package permit

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// A name that ends in .local, and that the system does not know, is looked up by multicast DNS. Its
// addresses are checked like all others.
func TestLocalNamesAreLookedUpByMulticastDNS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	names := testkit.NewNameServer(t, map[string][][]string{"known.local": {{"127.0.0.1"}}})
	asked := ""
	multicast := func(_ context.Context, name string) ([]netip.Addr, error) {
		asked += name + " "
		switch name {
		case "printer.local":
			return []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1")}, nil
		case "cloud.local":
			return []netip.Addr{netip.MustParseAddr("169.254.169.254")}, nil
		}
		return nil, context.DeadlineExceeded
	}
	b := newNetBroker(t, Options{Resolver: names.Resolver(), Multicast: multicast}, "*.local", "unknown.lan")
	for host, want := range map[string]string{
		"known.local": "", "printer.local": "", "Printer.local.": "",
		"unknown.local": "no such host", "unknown.lan": "no such host", "cloud.local": "may not connect to 169.254.169.254",
	} {
		conn, err := b.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		if conn != nil {
			conn.Close()
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", host, err, want)
		}
	}
	for _, host := range []string{"known.local", "unknown.lan"} {
		if strings.Contains(" "+asked, " "+host+" ") {
			t.Errorf("asked for %s", asked)
		}
	}
	if addrs, err := b.LookupNetIP(t.Context(), "ip4", "printer.local"); err != nil || len(addrs) != 2 {
		t.Errorf("LookupNetIP: %v, %v", addrs, err)
	}
}

func TestServicesOfTheLocalNetworkNeedAGrant(t *testing.T) {
	for grant, want := range map[string]string{"lan": "", "": "", "printer.local": "--allow-net=lan", "10.0.0.0/8": "--allow-net=lan"} {
		var denied *Denied
		if err := newNetBroker(t, Options{}, grant).CheckLAN(); want == "" && err != nil || want != "" && (!errors.As(err, &denied) || denied.Flag != want) {
			t.Errorf("%s: got %v", grant, err)
		}
	}
}
