package dns_test

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func settings(resolver *net.Resolver, hosts ...string) permit.Settings {
	p := permit.Settings{Resolver: resolver}
	for _, host := range hosts {
		p.Grants = append(p.Grants, permit.Grant{Kind: permit.Net, Value: host})
	}
	return p
}

// show is Lua code for a function that returns a list as text.
const show = `function show(list, reason, code)
	if not list then return list, reason, code end
	local all = {}
	for i, r in ipairs(list) do all[i] = type(r) == "string" and r or table.concat({r.host, tostring(r.port), r.priority, tostring(r.weight)}, ":") end
	table.sort(all)
	return table.concat(all, " ")
end `

func TestLookup(t *testing.T) {
	names := testkit.NewNameServer(t, map[string][][]string{
		"a.example":                {{"203.0.113.7", "203.0.113.8", "2001:db8::7", "TXT v=spf1 -all", "TXT two", "MX 20 b.example", "MX 10 a.example"}},
		"_mqtt._tcp.a.example":     {{"SRV 1 2 1883 broker.example"}},
		"rebind.example":           {{"192.168.1.1"}},
		"none.a.example":           {{"MX 0", "SRV 0 0 0"}},
		"7.113.0.203.in-addr.arpa": {{"PTR a.example"}},
	})
	s := luastdtest.Open(t, luastdtest.Options{Source: show, Permissions: settings(names.Resolver(), "a.example:443", "none.a.example", "rebind.example", "none.example", "203.0.113.7:80", "203.0.113.9")})
	for _, row := range []struct{ why, source, want string }{
		{"both kinds", `return show(dns.lookup("a.example"))`, "2001:db8::7 203.0.113.7 203.0.113.8"},
		{"A", `return show(dns.lookup("A.Example.", "A"))`, "203.0.113.7 203.0.113.8"},
		{"AAAA", `return show(dns.lookup("a.example", "AAAA"))`, "2001:db8::7"},
		{"TXT", `return show(dns.lookup("a.example", "TXT", {timeout = 10}))`, "two v=spf1 -all"},
		{"MX", `local l = dns.lookup("a.example", "MX") return l[1].host, show(l)`, "a.example, a.example:nil:10:nil b.example:nil:20:nil"},
		{"SRV", `return show(dns.lookup("_mqtt._tcp.a.example", "SRV"))`, "broker.example:1883:1:2"},
		{"no mail server", `return show(dns.lookup("none.a.example", "MX"))`, ".:nil:0:nil"},
		{"no server of a service", `return show(dns.lookup("none.a.example", "SRV"))`, ".:0:0:0"},
		{"PTR", `return show(dns.lookup("203.0.113.7", "PTR"))`, "a.example"},
		{"a private address", `return show(dns.lookup("rebind.example"))`, "192.168.1.1"},
		{"no name", `return dns.lookup("none.example")`, "nil, not_found: there is no host with the name none.example, not_found"},
		{"no record", `return dns.lookup("rebind.example", "MX")`, "nil, not_found: there is no MX record of rebind.example, not_found"},
		{"an address without a name", `return dns.lookup("203.0.113.9", "PTR")`, "nil, not_found: 203.0.113.9 has no name, not_found"},
		{"a name without a grant", `dns.lookup("b.example", "TXT")`, "a.lua:1: dns.lookup: test.lua may not look up b.example. Start with --allow-net=b.example"},
		{"a subdomain without a grant", `dns.lookup("data.a.example", "TXT")`, "a.lua:1: dns.lookup: test.lua may not look up data.a.example. Start with --allow-net=data.a.example"},
		{"a service of another host", `dns.lookup("_mqtt._tcp.b.example", "SRV")`, "a.lua:1: dns.lookup: test.lua may not look up _mqtt._tcp.b.example. Start with --allow-net=b.example"},
		{"an address without a grant", `dns.lookup("203.0.113.8", "PTR")`, "a.lua:1: dns.lookup: test.lua may not connect to 203.0.113.8. Start with --allow-net=203.0.113.8"},
		{"not a name", `dns.lookup("a b")`, `a.lua:1: dns.lookup: "a b" is not the name of a host`},
		{"an address", `dns.lookup("203.0.113.7")`, "a.lua:1: bad argument #1 to lookup (a name expected, got the address 203.0.113.7)"},
		{"milliseconds", `dns.lookup("a.example", "A", {timeout = 5000})`, "a.lua:1: bad argument #3 to lookup (timeout must be at most 60, not 5000: seconds are meant, not milliseconds)"},
		{"an option", `dns.lookup("a.example", "A", {server = "x"})`, "a.lua:1: bad argument #3 to lookup (there is no field 'server'; its fields are timeout)"},
	} {
		if got := s.Run(row.source); got != row.want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", row.why, row.source, got, row.want)
		}
	}
	if _, err := luastdtest.TryOpen(t, luastdtest.Options{Permissions: settings(names.Resolver(), "a.example"), Source: `dns.lookup("a.example")`}); err == nil ||
		!strings.Contains(err.Error(), "dns.lookup: the script is still loading") {
		t.Errorf("while the script loads: %v", err)
	}
}

// hangingResolver returns a resolver that never answers. asked and ended have a value for each
// question.
func hangingResolver() (r *net.Resolver, asked, ended chan struct{}) {
	asked, ended = make(chan struct{}, 1000), make(chan struct{}, 1000)
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		asked <- struct{}{}
		<-ctx.Done()
		ended <- struct{}{}
		return nil, ctx.Err()
	}}, asked, ended
}

func TestAnswersThatDoNotCome(t *testing.T) {
	resolver, asked, ended := hangingResolver()
	s := luastdtest.Open(t, luastdtest.Options{Permissions: settings(resolver, "a.example")})
	if got, want := s.Run(`return dns.lookup("a.example", "TXT", {timeout = 0.1})`), "nil, timeout: the name server has not answered in 0.1 s, timeout"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	<-asked
	<-ended
	s.Run(`local t = task.spawn(function() dns.lookup("a.example", "TXT", {timeout = 60}) end) sleep(0.05) t:cancel()`)
	<-asked
	select {
	case <-ended:
	case <-time.After(4 * time.Second): // the time limit of a question is longer
		t.Error("the lookup of a task that was cancelled goes on")
	}
	// Some more than the limit, because the lookup that was cancelled may still count for a moment.
	got := s.Run(`for i = 1, 20 do spawn(function() dns.lookup("a.example", "TXT", {timeout = 60}) end) end sleep(0.05) return dns.lookup("a.example")`)
	if got != "nil, busy: 16 lookups have not ended, busy" {
		t.Errorf("got %s", got)
	}
	s.Scripts.Close() // goleak finds the lookups that go on
}

// A lookup that has ended does not count, even for a lookup that begins at once.
func TestLookupsThatFollowEachOther(t *testing.T) {
	names := testkit.NewNameServer(t, map[string][][]string{"a.example": {{"203.0.113.7"}}})
	s := luastdtest.Open(t, luastdtest.Options{Permissions: settings(names.Resolver(), "a.example")})
	got := s.Run(`local all = {}
		for i = 1, 16 do all[i] = task.spawn(function() for n = 1, 30 do assert(dns.lookup("a.example", "A")) end return true end) end
		for i = 1, 16 do assert(all[i]:wait()) end
		return "ok"`)
	if got != "ok" {
		t.Error(got)
	}
}

func TestTheManualHasAllTypesAndOptions(t *testing.T) {
	manual, _ := os.ReadFile("manual.md")
	for _, kind := range strings.Fields("A AAAA TXT MX SRV PTR") {
		if !strings.Contains(string(manual), "\n| `\""+kind+"\"` |") {
			t.Errorf("the manual has no row for the type %s", kind)
		}
	}
	if !strings.Contains(string(manual), "`options.timeout`") {
		t.Error("the manual does not name the option timeout")
	}
}

func TestTheNameServerIsAway(t *testing.T) {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:1")
	}}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: settings(resolver, "a.example")})
	if got, want := s.Run(`return dns.lookup("a.example", "A")`), "nil, unreachable: the name a.example cannot be looked up now, unreachable"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The example of the manual needs a name server, so it is run here and not with those of other
// manuals.
func TestTheExampleOfTheManual(t *testing.T) {
	manual, err := os.ReadFile("manual.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(manual), "```lua\n")
	code, _, _ = strings.Cut(code, "```")
	names := testkit.NewNameServer(t, map[string][][]string{"_mqtt._tcp.example.com": {{"SRV 1 2 1883 broker.example.com"}}})
	s := luastdtest.Open(t, luastdtest.Options{Permissions: settings(names.Resolver(), "example.com")})
	if got := s.Run(code); got != "" {
		t.Error(got)
	}
	if got := strings.Join(s.Output(), "\n"); got != "broker.example.com\t1883" {
		t.Errorf("got %s", got)
	}
}
