package permit

import (
	"errors"
	"net/netip"
	"testing"

	"moonlark/engine/testkit"
)

func TestCheckSomePort(t *testing.T) {
	for _, row := range []struct{ grant, host, want string }{
		{"a.example:443", "a.example", ""},
		{"a.example:443", "A.Example.", ""},
		{"*.example", "b.a.example", ""},
		{"192.168.1.5:80", "192.168.1.5", ""},
		{"10.0.0.0/8:80", "10.1.2.3", ""},
		{"lan", "printer.lan", ""},
		{"lan", "192.168.1.5", ""},
		{"", "a.example", ""},
		{"a.example", "b.example", "lights.lua may not connect to b.example. Start with --allow-net=b.example"},
		{"lan", "a.example", "lights.lua may not connect to a.example. Start with --allow-net=a.example"},
		{"192.168.1.5", "192.168.1.6", "lights.lua may not connect to 192.168.1.6. Start with --allow-net=192.168.1.6"},
		{"", "denied.example", "lights.lua may not connect to denied.example, because of --deny-net"},
		{"", "10.0.0.1", "lights.lua may not connect to 10.0.0.1, because of --deny-net"},
		{"a.example", "2130706433", `"2130706433" is not the name of a host: an address has the form 192.168.1.5`},
	} {
		b := newNetBroker(t, Options{DenyNet: []string{"denied.example", "10.0.0.1"}}, row.grant)
		got := ""
		if err := b.CheckSomePort(row.host); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("--allow-net=%s: CheckSomePort(%s) = %q, want %q", row.grant, row.host, got, row.want)
		}
	}
}

func TestLookupsOfServices(t *testing.T) {
	names := testkit.NewNameServer(t, map[string][][]string{"_x._tcp.a.example": {{"TXT yes", "SRV 1 2 80 b.example"}}})
	b := newNetBroker(t, Options{Resolver: names.Resolver()}, "a.example")
	if texts, err := b.LookupTXT(t.Context(), "_X._tcp.A.example."); err != nil || len(texts) != 1 || texts[0] != "yes" {
		t.Errorf("got %q, %v", texts, err)
	}
	if records, err := b.LookupSRV(t.Context(), "_x._tcp.a.example"); err != nil || len(records) != 1 || records[0].Port != 80 {
		t.Errorf("got %v, %v", records, err)
	}
	var denied *Denied
	for _, name := range []string{"_x.b.example", "x.a.example", "_x._tcp.x.a.example"} {
		if _, err := b.LookupMX(t.Context(), name); !errors.As(err, &denied) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, name := range []string{"_x", "_ .a.example", "_x/y.a.example", "_.."} {
		if err := b.CheckLookup(name); err == nil {
			t.Errorf("%q can be looked up", name)
		}
	}
	denying := newNetBroker(t, Options{DenyNet: []string{"a.example"}}, "")
	if err, want := denying.CheckLookup("_x.a.example"), "lights.lua may not look up _x.a.example, because of --deny-net"; err == nil || err.Error() != want {
		t.Errorf("a name that --deny-net has: got %v, want %s", err, want)
	}
	if _, err := b.LookupAddr(t.Context(), netip.MustParseAddr("192.168.1.5")); !errors.As(err, &denied) {
		t.Errorf("the names of an address without a grant: %v", err)
	}
}
