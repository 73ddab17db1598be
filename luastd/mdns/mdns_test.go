package mdns_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/mdns"
	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var lan = permit.Settings{Grants: luastdtest.NetGrants("lan")}

func TestTheExamplesOfTheManual(t *testing.T) {
	luastdtest.ExamplesInUse(t, "manual.md", luastdtest.Options{Permissions: lan})
}

func TestPermissions(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Check(strings.NewReplacer(), []luastdtest.Row{
		{"browse", `mdns.browse("_http._tcp")`, "a.lua:1: mdns.browse: test.lua may not look for services in the local network. Start with --allow-net=lan"},
		{"register", `mdns.register{name = "x", service = "_http._tcp", port = 1}`, "a.lua:1: mdns.register: test.lua may not look for services in the local network. Start with --allow-net=lan"},
		{"lookup", `mdns.lookup("printer.local")`, "a.lua:1: mdns.lookup: test.lua may not look up printer.local. Start with --allow-net=printer.local"},
		{"an unknown option", `mdns.browse("_http._tcp", {time = 1})`, "a.lua:1: bad argument #2 to browse (there is no field 'time'; its fields are timeout, on_found, on_lost)"},
	})
}

// A script announces a service, and another one finds it. The service stays announced when the
// script is loaded again.
func TestAServiceIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	kind := fmt.Sprintf("_mlua%d._tcp", os.Getpid()) // not that of a test that runs at the same time
	source := `service = mdns.register{name = "Test of mdns", service = "` + kind + `", port = 8080, text = {path = "/x", n = 5}}`
	s := luastdtest.Open(t, luastdtest.Options{Permissions: lan, Source: source})
	testkit.Until(t, "the service is announced", func() bool { return s.Run(`return service.name`) != "nil" || len(s.Output()) > 0 })
	if out := strings.Join(s.Output(), "\n"); out != "" {
		t.Skipf("no service can be announced here: %s", out)
	}
	if got := s.Run(`return (mdns.lookup("` + mdns.HostName() + `", {timeout = 5}))`); !strings.HasPrefix(got, "table") {
		t.Skipf("the network carries no datagrams to groups: %s", got)
	}
	s.Reload("") // the same service
	find := `local found = mdns.browse("` + kind + `", {timeout = 2}) local s = found[1] if not s then return "nothing" end
		return #found, s.name, s.port, s.text.path, s.text.n, #s.addresses > 0`
	testkit.Until(t, "the service is found", func() bool { return s.Run(find) == "1, Test of mdns, 8080, /x, 5, true" })
	s.Run(`mdns.browse("` + kind + `", {on_found = function(s) print("found " .. s.name) end})`)
	testkit.Until(t, "on_found", func() bool { return strings.Contains(strings.Join(s.Output(), "\n"), "found Test of mdns") })
	if got := s.Run(`return service:close(), service:close()`); got != "true, true" {
		t.Error(got)
	}
	testkit.Until(t, "the service is gone", func() bool { return s.Run(find) == "nothing" })
	if got := s.Run(`return mdns.lookup("nobody-has-this-name.local", {timeout = 0.2})`); got != "nil, not_found: no machine with the name nobody-has-this-name.local has answered in 0.2 s, not_found" {
		t.Error(got)
	}
}
