package permit

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"testing"
)

// newListenBroker returns a Broker of lights.lua with these grants.
func newListenBroker(t *testing.T, opts Options, grants ...string) *Broker {
	t.Helper()
	opts.Script, opts.Folder = "lights.lua", t.TempDir()
	for _, value := range grants {
		opts.Grants = append(opts.Grants, Grant{Kind: Listen, Value: value})
	}
	b, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestAScriptListensOnlyWhereItMay(t *testing.T) {
	for _, row := range []struct {
		why    string
		grants []string
		host   string
		port   uint16
		flag   string // of the refusal; "" if the script may listen
	}{
		{"no grant", nil, "127.0.0.1", 8080, "--allow-listen=8080"},
		{"no grant, all addresses", nil, "0.0.0.0", 8080, "--allow-listen=0.0.0.0:8080"},
		{"no grant, local networks", nil, "lan", 8080, "--allow-listen=lan:8080"},
		{"no grant, IPv6", nil, "fe80::1", 8080, "--allow-listen=[fe80::1]:8080"},
		{"a port", []string{"8080"}, "127.0.0.1", 8080, ""},
		{"a port, by the name of this machine", []string{"8080"}, "localhost", 8080, ""},
		{"a port, with the loopback address of IPv6", []string{"8080"}, "::1", 8080, ""},
		{"a port, with another loopback address", []string{"8080"}, "127.0.0.5", 8080, ""},
		{"a port, with an address in IPv6 form", []string{"8080"}, "::ffff:127.0.0.1", 8080, ""},
		{"another port", []string{"8080"}, "127.0.0.1", 8081, "--allow-listen=8081"},
		{"a port does not grant all addresses", []string{"8080"}, "0.0.0.0", 8080, "--allow-listen=0.0.0.0:8080"},
		{"nor all addresses of IPv6", []string{"8080"}, "::", 8080, "--allow-listen=[::]:8080"},
		{"nor in another form", []string{"8080"}, "::ffff:0.0.0.0", 8080, "--allow-listen=0.0.0.0:8080"},
		{"nor local networks", []string{"8080"}, "lan", 8080, "--allow-listen=lan:8080"},
		{"nor an address of a network", []string{"8080"}, "192.168.1.5", 8080, "--allow-listen=192.168.1.5:8080"},
		{"a port of an address", []string{"192.168.1.5:8080"}, "192.168.1.5", 8080, ""},
		{"another address", []string{"192.168.1.5:8080"}, "192.168.1.6", 8080, "--allow-listen=192.168.1.6:8080"},
		{"an address does not grant this machine", []string{"192.168.1.5:8080"}, "localhost", 8080, "--allow-listen=8080"},
		{"all addresses of IPv4", []string{"0.0.0.0:8080"}, "192.168.1.5", 8080, ""},
		{"all addresses of IPv4 and this machine", []string{"0.0.0.0:8080"}, "localhost", 8080, ""},
		{"all addresses of IPv4 are not those of IPv6", []string{"0.0.0.0:8080"}, "::", 8080, "--allow-listen=[::]:8080"},
		{"all addresses", []string{"[::]:8080"}, "0.0.0.0", 8080, ""},
		{"local networks", []string{"lan:8080"}, "lan", 8080, ""},
		{"an address of a local network", []string{"lan:8080"}, "192.168.1.5", 8080, ""},
		{"a public address", []string{"lan:8080"}, "8.8.8.8", 8080, "--allow-listen=8.8.8.8:8080"},
		{"local networks are not all addresses", []string{"lan:8080"}, "0.0.0.0", 8080, "--allow-listen=0.0.0.0:8080"},
		{"a free port", []string{"0"}, "127.0.0.1", 0, ""},
		{"a free port is not every port", []string{"0"}, "127.0.0.1", 8080, "--allow-listen=8080"},
		{"a port is not a free port", []string{"8080"}, "127.0.0.1", 0, "--allow-listen=0"},
		{"everything", []string{""}, "0.0.0.0", 80, ""},
	} {
		b := newListenBroker(t, Options{}, row.grants...)
		err := b.CheckListen(row.host, row.port)
		var denied *Denied
		switch {
		case row.flag == "" && err != nil:
			t.Errorf("%s: %v", row.why, err)
		case row.flag != "" && (!errors.As(err, &denied) || denied.Flag != row.flag || denied.Led):
			t.Errorf("%s: got %v, want a refusal with %s", row.why, err, row.flag)
		}
		if l, err := b.Listen(row.host, row.port); row.flag != "" && err == nil {
			l.Close()
			t.Errorf("%s: Listen has opened a listener", row.why)
		}
		if row.flag == "" {
			continue
		}
		granted := newListenBroker(t, Options{}, row.flag[len("--allow-listen="):])
		if err := granted.CheckListen(row.host, row.port); err != nil {
			t.Errorf("%s: with the flag of the refusal: %v", row.why, err)
		}
	}
}

func TestANameIsNoAddressToListenAt(t *testing.T) {
	b := newListenBroker(t, Options{}, "")
	for _, host := range []string{"", "example.com", "2130706433", "0x7f.1", "127.1", "localhost.", "*"} {
		if err := b.CheckListen(host, 8080); err == nil {
			t.Errorf("%q is accepted", host)
		}
	}
}

func TestAWrongGrantToListenIsAnError(t *testing.T) {
	for _, value := range []string{"x", "80x", "-1", "65536", "example.com:80", "lan", ":80", "127.0.0.1", "1:2:3"} {
		if err := Check([]Grant{{Kind: Listen, Value: value}}, nil); err == nil {
			t.Errorf("--allow-listen=%s is accepted", value)
		}
	}
}

func TestNobodyListensWhereMoonlarkItselfDoes(t *testing.T) {
	own := func(at netip.AddrPort) bool { return at == netip.MustParseAddrPort("127.0.0.1:8080") }
	b := newListenBroker(t, Options{Own: own}, "")
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "::", "lan"} {
		var denied *Denied
		if err := b.CheckListen(host, 8080); !errors.As(err, &denied) || denied.Flag != "" {
			t.Errorf("%s: got %v, want a refusal without a flag", host, err)
		}
		if err := b.CheckListen(host, 8081); err != nil {
			t.Error(err)
		}
	}
}

func TestListenOpensExactlyWhatWasAsked(t *testing.T) {
	b := newListenBroker(t, Options{}, "")
	for host, want := range map[string]string{"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1", "0.0.0.0": "0.0.0.0", "lan": "::"} {
		l, err := b.Listen(host, 0)
		if err != nil {
			t.Fatal(err)
		}
		at := l.Addr().(*net.TCPAddr)
		if got := at.IP.String(); got != want && !(host == "lan" && got == "0.0.0.0") {
			t.Errorf("%s listens at %s, want %s", host, got, want)
		}
		go func() {
			for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
				conn.Write([]byte("hello"))
				conn.Close()
			}
		}()
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(at.Port)))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(conn); string(got) != "hello" {
			t.Errorf("%s: got %q", host, got)
		}
		conn.Close()
		_, err = b.Listen("0.0.0.0", uint16(at.Port))
		if code, text := ListenError(err, uint16(at.Port)); code != "busy" || text == "" {
			t.Errorf("a port in use: %s, %s", code, text)
		}
		l.Close()
	}
	_, err := b.Listen("192.0.2.1", 0)
	if code, _ := ListenError(err, 0); code != "not_found" {
		t.Errorf("an address of another machine: %s, %v", code, err)
	}
}

func TestOnlyNearMachinesReachALanListener(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:5": true, "[::1]:5": true, "192.168.1.5:5": true, "10.1.2.3:5": true, "[::ffff:172.16.0.1]:5": true, "[fe80::1%eth0]:5": true, "[fd00::1]:5": true,
		"8.8.8.8:5": false, "100.64.0.1:5": false, "[2001:db8::1]:5": false, "[::ffff:8.8.8.8]:5": false, "172.32.0.1:5": false,
	} {
		if at := netip.MustParseAddrPort(addr); isNear(at.Addr()) != want {
			t.Errorf("isNear(%s) is not %v", addr, want)
		}
	}
}

func TestTheNeedToListenNamesTheFlag(t *testing.T) {
	var denied *Denied
	if err := newListenBroker(t, Options{}).CheckAnyListen(); !errors.As(err, &denied) || denied.Flag != "--allow-listen=PORT" {
		t.Errorf("got %v", err)
	}
	if err := newListenBroker(t, Options{}, "80").CheckAnyListen(); err != nil {
		t.Error(err)
	}
}
