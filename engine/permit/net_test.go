package permit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// newNetBroker returns a Broker of lights.lua with these grants.
func newNetBroker(t *testing.T, opts Options, grants ...string) *Broker {
	t.Helper()
	opts.Script, opts.Folder = "lights.lua", t.TempDir()
	for _, value := range grants {
		opts.Grants = append(opts.Grants, Grant{Kind: Net, Value: value})
	}
	b, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// listen accepts connections at 127.0.0.1 and returns the port.
func listen(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// dial connects and returns the *Denied of the refusal, or nil if the target was not refused. A
// target that does not answer counts as not refused.
func dial(t *testing.T, b *Broker, target string) *Denied {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	conn, err := b.DialContext(ctx, "tcp", target)
	if err == nil {
		conn.Close()
	}
	var denied *Denied
	if errors.As(err, &denied) {
		return denied
	}
	return nil
}

func TestConnectionsThatNoGrantAllows(t *testing.T) {
	names := testkit.NewNameServer(t, map[string][][]string{
		"private.example":    {{"192.168.1.5"}},
		"ten.example":        {{"10.0.0.1"}},
		"cgnat.example":      {{"100.64.0.1"}},
		"loop.example":       {{"127.0.0.1"}},
		"loop6.example":      {{"::1"}},
		"zero.example":       {{"0.0.0.0"}},
		"zeronet.example":    {{"0.1.2.3"}},
		"unspecified.test":   {{"::"}},
		"linklocal.example":  {{"169.254.7.7"}},
		"fe80.example":       {{"fe80::1"}},
		"ula.example":        {{"fd12::1"}},
		"multicast.example":  {{"224.0.0.1"}},
		"broadcast.example":  {{"255.255.255.255"}},
		"nat64.example":      {{"64:ff9b::c0a8:105"}},
		"sixtofour.example":  {{"2002:c0a8:105::1"}},
		"mapped.example":     {{"::ffff:192.168.1.5"}},
		"protocol.example":   {{"192.0.0.8"}},
		"bench.example":      {{"198.18.0.1"}},
		"reserved.example":   {{"240.0.0.1"}},
		"nat64local.example": {{"64:ff9b:1::1"}},
		"teredo.example":     {{"2001:0:1::1"}},
		"site.example":       {{"fec0::1"}},
		"metadata.example":   {{"169.254.169.254"}},
		"meta64.example":     {{"64:ff9b::a9fe:a9fe"}},
		"localhost":          {{"192.168.1.5"}},
		"printer.local":      {{"169.254.169.254"}},
		"mixed.example":      {{"192.168.1.5", "127.0.0.1"}},
	})
	public := []string{"*.example", "unspecified.test"}
	for _, row := range []struct {
		why    string
		grants []string
		deny   []string
		target string
		led    bool
	}{
		{"no grant", nil, nil, "api.example:443", false},
		{"another host", []string{"other.example"}, nil, "api.example:443", false},
		{"another port", []string{"api.example:80"}, nil, "api.example:443", false},
		{"another port of an address", []string{"127.0.0.1:80"}, nil, "127.0.0.1:81", false},
		{"the domain itself is not below the domain", []string{"*.api.example"}, nil, "api.example:443", false},
		{"a name that only ends alike", []string{"*.api.example"}, nil, "evilapi.example:443", false},

		{"a public name with a private address", public, nil, "private.example:80", true},
		{"a public name with an address of 10/8", public, nil, "ten.example:80", true},
		{"a public name with an address shared by customers", public, nil, "cgnat.example:80", true},
		{"a public name with a loopback address", public, nil, "loop.example:80", true},
		{"a public name with the loopback address of IPv6", public, nil, "loop6.example:80", true},
		{"a public name with 0.0.0.0", public, nil, "zero.example:80", true},
		{"a public name with an address of 0/8", public, nil, "zeronet.example:80", true},
		{"a public name with ::", public, nil, "unspecified.test:80", true},
		{"a public name with a link-local address", public, nil, "linklocal.example:80", true},
		{"a public name with a link-local address of IPv6", public, nil, "fe80.example:80", true},
		{"a public name with a unique local address", public, nil, "ula.example:80", true},
		{"a public name with a multicast address", public, nil, "multicast.example:80", true},
		{"a public name with the broadcast address", public, nil, "broadcast.example:80", true},
		{"a public name with a private address behind NAT64", public, nil, "nat64.example:80", true},
		{"a public name with a private address in 6to4", public, nil, "sixtofour.example:80", true},
		{"a public name with a mapped private address", public, nil, "mapped.example:80", true},
		{"a public name with an address of protocol assignments", public, nil, "protocol.example:80", true},
		{"a public name with an address for benchmarks", public, nil, "bench.example:80", true},
		{"a public name with a reserved address", public, nil, "reserved.example:80", true},
		{"a public name with an address behind a local NAT64", public, nil, "nat64local.example:80", true},
		{"a public name with a Teredo address", public, nil, "teredo.example:80", true},
		{"a public name with a site-local address", public, nil, "site.example:80", true},
		{"one private address among others", public, nil, "mixed.example:80", true},
		{"localhost with another address", []string{"localhost"}, nil, "localhost.:80", true},
		{"loopback is not in the local network", []string{"lan"}, nil, "127.0.0.1:80", false},
		{"a public name is not in the local network", []string{"lan"}, nil, "private.example:80", false},

		{"the address of credentials", []string{""}, nil, "169.254.169.254:80", false},
		{"the address of credentials in the local network", []string{"lan"}, nil, "169.254.169.254:80", false},
		{"the address of credentials, mapped", []string{""}, nil, "[::ffff:169.254.169.254]:80", false},
		{"the address of credentials, of IPv6", []string{""}, nil, "[fd00:ec2::254]:80", false},
		{"the address of credentials, behind NAT64", []string{""}, nil, "[64:ff9b::a9fe:a9fe]:80", false},
		{"a name with the address of credentials", []string{""}, nil, "metadata.example:80", true},
		{"a name with the address of credentials, behind NAT64", []string{""}, nil, "meta64.example:80", true},
		{"a local name with the address of credentials", []string{"printer.local", "lan"}, nil, "printer.local:80", true},

		{"0.0.0.0", []string{"127.0.0.1"}, nil, "0.0.0.0:80", false},
		{"::", []string{"::1"}, nil, "[::]:80", false},
		{"a mapped loopback address", []string{"10.0.0.1"}, nil, "[::ffff:127.0.0.1]:80", false},
		{"a link-local address with a zone", []string{"10.0.0.1"}, nil, "[fe80::1%lo]:80", false},

		{"a denied name", []string{""}, []string{"bad.example"}, "bad.example:80", false},
		{"a denied name in capitals, with a dot at the end", []string{""}, []string{"bad.example"}, "BAD.example.:80", false},
		{"a denied name in another alphabet", []string{""}, []string{"bücher.example"}, "xn--bcher-kva.example:80", false},
		{"a name below a denied domain", []string{""}, []string{"*.bad.example"}, "a.bad.example:80", false},
		{"a denied name that is also granted", []string{"bad.example"}, []string{"bad.example"}, "bad.example:80", false},
		{"a denied port", []string{""}, []string{"bad.example:81"}, "bad.example:81", false},
		{"a denied address", []string{""}, []string{"127.0.0.1"}, "127.0.0.1:80", false},
		{"a denied address, mapped", []string{""}, []string{"127.0.0.1"}, "[::ffff:127.0.0.1]:80", false},
		{"a denied address, by 0.0.0.0", []string{""}, []string{"127.0.0.1"}, "0.0.0.0:80", false},
		{"a denied address, by ::", []string{""}, []string{"::1"}, "[::]:80", false},
		{"a denied address, behind NAT64", []string{""}, []string{"10.0.0.0/8"}, "[64:ff9b::a00:1]:80", false},
		{"a name with a denied address", []string{""}, []string{"10.0.0.0/8"}, "ten.example:80", true},
		{"a name with a denied address of the local network", []string{""}, []string{"lan"}, "private.example:80", true},
	} {
		t.Run(row.why, func(t *testing.T) {
			b := newNetBroker(t, Options{DenyNet: row.deny, Resolver: names.Resolver()}, row.grants...)
			denied := dial(t, b, row.target)
			if denied == nil {
				t.Fatalf("%s was not refused", row.target)
			}
			if denied.Led != row.led {
				t.Errorf("%s: Led is %v, want %v (%v)", row.target, denied.Led, row.led, denied)
			}
		})
	}
}

func TestConnectionsThatAGrantAllows(t *testing.T) {
	port := listen(t)
	names := testkit.NewNameServer(t, map[string][][]string{
		"loop.example":  {{"127.0.0.1"}},
		"printer.local": {{"127.0.0.1"}},
		"printer":       {{"127.0.0.1"}},
		"bücher.test":   {{"127.0.0.1"}},
	})
	for _, row := range []struct {
		why    string
		grants []string
		deny   []string
		host   string
	}{
		{"everything", []string{""}, nil, "127.0.0.1"},
		{"everything but another host", []string{""}, []string{"10.0.0.0/8", "*.example"}, "127.0.0.1"},
		{"an address", []string{"127.0.0.1"}, nil, "127.0.0.1"},
		{"an address and its port", []string{"127.0.0.1:" + port}, nil, "127.0.0.1"},
		{"an address, written as a mapped one", []string{"127.0.0.1"}, nil, "[::ffff:127.0.0.1]"},
		{"a network", []string{"127.0.0.0/8"}, nil, "127.0.0.1"},
		{"a public name and its private address", []string{"loop.example", "127.0.0.1"}, nil, "loop.example"},
		{"a name of the local network", []string{"printer.local"}, nil, "printer.local"},
		{"a name of the local network without a domain", []string{"printer"}, nil, "printer"},
		{"capitals, and a dot at the end", []string{"Printer.LOCAL"}, nil, "PRINTER.local."},
		{"localhost", []string{"localhost"}, nil, "localhost"},
		{"another port is denied", []string{"localhost"}, []string{"127.0.0.1:1"}, "localhost"},
	} {
		t.Run(row.why, func(t *testing.T) {
			b := newNetBroker(t, Options{DenyNet: row.deny, Resolver: names.Resolver()}, row.grants...)
			conn, err := b.DialContext(t.Context(), "tcp", row.host+":"+port)
			if err != nil {
				t.Fatal(err)
			}
			conn.Close()
		})
	}
}

// Other programs take these texts for addresses. They are not names either.
func TestAddressesHaveOnlyTheirUsualForm(t *testing.T) {
	b := newNetBroker(t, Options{}, "")
	for _, host := range []string{"2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1.", "1.2.3.4.5", "", "a b", "a/b", "a@b"} {
		conn, err := b.DialContext(t.Context(), "tcp", net.JoinHostPort(host, "80"))
		if err == nil || !strings.Contains(err.Error(), "is not the name of a host") {
			t.Errorf("DialContext(%q) = %v, %v", host, conn, err)
		}
	}
}

func TestANameWhoseAddressChangesAfterTheCheckIsRefused(t *testing.T) {
	port := listen(t)
	names := testkit.NewNameServer(t, map[string][][]string{"rebind.example": {{"203.0.113.7"}, {"127.0.0.1"}}})
	b := newNetBroker(t, Options{Resolver: names.Resolver()}, "rebind.example")
	addrs, err := b.LookupNetIP(t.Context(), "ip", "rebind.example")
	if err != nil || len(addrs) != 1 || !isPublic(addrs[0]) {
		t.Fatalf("the first lookup returned %v, %v", addrs, err)
	}
	if denied := dial(t, b, "rebind.example:"+port); denied == nil || !denied.Led {
		t.Errorf("the connection to 127.0.0.1 was not refused: %v", denied)
	}
}

func TestNoScriptConnectsToMoonlarkItself(t *testing.T) {
	port := listen(t)
	own := func(at netip.AddrPort) bool { return at.Addr().IsLoopback() && fmt.Sprint(at.Port()) == port }
	b := newNetBroker(t, Options{Own: own}, "")
	for _, host := range []string{"127.0.0.1", "127.0.0.2", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"} {
		if denied := dial(t, b, host+":"+port); denied == nil || denied.Led != (host == "localhost") {
			t.Errorf("%s: %v", host, denied)
		}
	}
}

func TestTheErrorNamesTheFlag(t *testing.T) {
	b := newNetBroker(t, Options{})
	for _, row := range []struct {
		host              string
		port, defaultPort uint16
		want              string
	}{
		{"api.example.com", 443, 443, "lights.lua may not connect to api.example.com:443. Start with --allow-net=api.example.com"},
		{"api.example.com", 8443, 443, "lights.lua may not connect to api.example.com:8443. Start with --allow-net=api.example.com:8443"},
		{"API.example.com.", 443, 443, "lights.lua may not connect to api.example.com:443. Start with --allow-net=api.example.com"},
		{"192.168.1.5", 80, 80, "lights.lua may not connect to 192.168.1.5:80. Start with --allow-net=192.168.1.5"},
		{"::1", 81, 80, "lights.lua may not connect to [::1]:81. Start with --allow-net=[::1]:81"},
	} {
		if err := b.CheckHost(row.host, row.port, row.defaultPort); err == nil || err.Error() != row.want {
			t.Errorf("got  %v\nwant %s", err, row.want)
		}
	}
}

func TestRefusalsAreLoggedOnce(t *testing.T) {
	var lines []string
	b := newNetBroker(t, Options{Log: func(text string) { lines = append(lines, text) }})
	for i := range maxLogged + 10 {
		for range 3 {
			b.CheckHost(fmt.Sprintf("host%d.example", i), 443, 443)
		}
	}
	if len(lines) != maxLogged {
		t.Errorf("%d lines were logged, want %d", len(lines), maxLogged)
	}
}

func TestLookupNeedsTheGrantOfTheName(t *testing.T) {
	names := testkit.NewNameServer(t, map[string][][]string{"a.example": {{"203.0.113.7"}}, "printer.local": {{"192.168.1.5"}}})
	for _, row := range []struct {
		grant, deny, name string
		want              bool
	}{
		{"a.example", "10.0.0.0/8", "a.example", true},
		{"a.example:443", "10.0.0.0/8", "a.example", true},
		{"", "10.0.0.0/8", "a.example", true},
		{"lan", "10.0.0.0/8", "printer.local", true},
		{"lan", "10.0.0.0/8", "a.example", false},
		{"b.example", "10.0.0.0/8", "a.example", false},
		{"", "a.example", "A.example.", false},
	} {
		b := newNetBroker(t, Options{DenyNet: []string{row.deny}, Resolver: names.Resolver()}, row.grant)
		_, err := b.LookupNetIP(t.Context(), "ip", row.name)
		if (err == nil) != row.want {
			t.Errorf("--allow-net=%s --deny-net=%s: LookupNetIP(%s) returned %v", row.grant, row.deny, row.name, err)
		}
	}
}

func TestErrorsOfConnectionsHaveCodes(t *testing.T) {
	names := testkit.NewNameServer(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := l.Addr().String()
	l.Close()
	b := newNetBroker(t, Options{Resolver: names.Resolver()}, "")
	denying := newNetBroker(t, Options{})
	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	dialError := func(b *Broker, ctx context.Context, target string) error {
		_, err := b.DialContext(ctx, "tcp", target)
		return err
	}
	for _, row := range []struct {
		err  error
		want string
	}{
		{dialError(b, t.Context(), refused), "refused: nothing accepts connections at " + refused},
		{dialError(b, t.Context(), "missing.example:80"), "not_found: there is no host with the name missing.example"},
		{dialError(b, expired, refused), "timeout: there was no answer in time"},
		{dialError(denying, t.Context(), "a.example:443"), "denied: lights.lua may not connect to a.example:443"},
		{&net.DNSError{Name: "a.example", Err: "server misbehaving", IsTemporary: true}, "unreachable: the name a.example cannot be looked up now"},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), "closed: the other end has closed the connection"},
		{net.ErrClosed, "closed: the connection is closed"},
		{errors.New("odd"), "failed: odd"},
	} {
		code, text := NetError(row.err)
		if got := code + ": " + text; got != row.want {
			t.Errorf("got  %s\nwant %s", got, row.want)
		}
	}
}

func TestUnixSocketsNeedTheGrantOfTheirFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("for Unix")
	}
	folder := t.TempDir()
	socket := filepath.Join(folder, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	os.Symlink(socket, filepath.Join(folder, "link"))
	os.WriteFile(filepath.Join(folder, "file"), nil, 0o600)

	if _, err := newNetBroker(t, Options{Grants: []Grant{{Kind: Read, Value: folder}}}, "").ResolveSocket(socket); err == nil || !strings.Contains(err.Error(), "--allow-write="+folder) {
		t.Errorf("without the grant: %v", err)
	}
	for _, granted := range []string{folder, socket} {
		b := newNetBroker(t, Options{Grants: []Grant{{Kind: Write, Value: granted}}})
		place, err := b.ResolveSocket(socket)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := place.DialContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
	b := newNetBroker(t, Options{Grants: []Grant{{Kind: Write, Value: folder}}})
	for name, want := range map[string]string{"file": "is not a socket", "link": "is not a socket", "missing": "no such file"} {
		place, err := b.ResolveSocket(filepath.Join(folder, name))
		if err == nil {
			_, err = place.DialContext(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	place, _ := b.ResolveSocket(socket)
	_, err = place.DialContext(t.Context())
	if code, text := NetError(err); code != "refused" || text != "nothing accepts connections at "+socket {
		t.Errorf("got %s: %s", code, text)
	}
}
