package permit

import (
	"net/netip"
	"strings"
	"testing"
)

func TestHostRulesMatchNames(t *testing.T) {
	for _, row := range []struct {
		rule, name string
		port       uint16
		want       bool
	}{
		{"api.example.com", "api.example.com", 443, true},
		{"api.example.com", "api.example.com", 80, true},
		{"API.example.com.", "api.example.com", 80, true},
		{"api.example.com", "example.com", 443, false},
		{"api.example.com", "evil-api.example.com", 443, false},
		{"api.example.com", "api.example.com.evil.org", 443, false},
		{"api.example.com:443", "api.example.com", 443, true},
		{"api.example.com:443", "api.example.com", 80, false},
		{"*.example.org", "a.example.org", 443, true},
		{"*.example.org", "a.b.example.org", 443, true},
		{"*.example.org", "example.org", 443, false},
		{"*.example.org", "evilexample.org", 443, false},
		{"*.example.org:443", "a.example.org", 8443, false},
		{"bücher.example", "xn--bcher-kva.example", 443, true},
		{"lan", "lan", 443, false},
		{"192.168.1.5", "192.168.1.5.example.org", 443, false},
	} {
		rule, err := parseHostRule(row.rule)
		if err != nil {
			t.Errorf("%s: %v", row.rule, err)
			continue
		}
		if got := rule.matchesName(row.name, row.port); got != row.want {
			t.Errorf("the rule %s matches %s at port %d: got %v, want %v", row.rule, row.name, row.port, got, row.want)
		}
	}
}

func TestHostRulesMatchAddresses(t *testing.T) {
	for _, row := range []struct {
		rule, addr string
		port       uint16
		want       bool
	}{
		{"192.168.1.5", "192.168.1.5", 1883, true},
		{"192.168.1.5:1883", "192.168.1.5", 1883, true},
		{"192.168.1.5:1883", "192.168.1.5", 8883, false},
		{"192.168.1.5", "192.168.1.6", 1883, false},
		{"10.0.0.0/8", "10.255.0.1", 80, true},
		{"10.1.2.3/8", "10.255.0.1", 80, true},
		{"10.0.0.0/8", "11.0.0.1", 80, false},
		{"10.0.0.0/8:80", "10.0.0.1", 443, false},
		{"::1", "::1", 80, true},
		{"[::1]:80", "::1", 80, true},
		{"[::1]:80", "::1", 81, false},
		{"[fd00::1]", "fd00::1", 81, true},
		{"fd00::/8", "fd12::1", 80, true},
		{"lan", "192.168.0.1", 80, true},
		{"lan", "172.16.0.1", 80, true},
		{"lan", "fe80::1", 80, true},
		{"lan", "fd00::1", 80, true},
		{"lan:80", "10.0.0.1", 443, false},
		{"lan", "127.0.0.1", 80, false},
		{"lan", "8.8.8.8", 80, false},
		{"example.org", "93.184.216.34", 80, false},
	} {
		rule, err := parseHostRule(row.rule)
		if err != nil {
			t.Errorf("%s: %v", row.rule, err)
			continue
		}
		if got := rule.matchesAddress(netip.MustParseAddr(row.addr), row.port); got != row.want {
			t.Errorf("the rule %s matches %s at port %d: got %v, want %v", row.rule, row.addr, row.port, got, row.want)
		}
	}
}

func TestAWrongHostRuleIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		"https://api.example.com": "and not a URL",
		"api.example.com:https":   "the port must be a number from 1 to 65535",
		"api.example.com:0":       "the port must be a number from 1 to 65535",
		"api.example.com:70000":   "the port must be a number from 1 to 65535",
		"api.example.com/v1":      "is not the name of a host",
		"user@example.com":        "is not the name of a host",
		"two words":               "is not the name of a host",
		"":                        "is not the name of a host",
		"*":                       "is not the name of a host",
		"a.*.example.com":         "is not the name of a host",
		"2130706433":              "an address has the form",
		"0x7f.1":                  "an address has the form",
		"127.1":                   "an address has the form",
		"0x7f000001":              "an address has the form",
		"10.0.0.0/33":             "is not the name of a host",
		"[::1":                    "is not the name of a host",
		strings.Repeat("a.", 200): "is not the name of a host",
		"api.example.com\x1b[31m": "is not the name of a host",
	} {
		if _, err := parseHostRule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}

// All addresses that are not of the internet, in all their forms.
func TestOnlyAddressesOfTheInternetArePublic(t *testing.T) {
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "93.184.216.34": true, "2606:2800:220:1::1": true,
		"127.0.0.1": false, "127.255.255.254": false, "::1": false, "0.0.0.0": false, "0.1.2.3": false, "::": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.0.1": false, "fd00::1": false, "fc00::1": false,
		"100.64.0.1": false, "100.127.255.255": false, "169.254.169.254": false, "169.254.0.1": false, "fe80::1": false,
		"224.0.0.251": false, "ff02::fb": false, "255.255.255.255": false, "240.0.0.1": false, "198.18.0.1": false, "192.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::c0a8:1": false, "2002:7f00:1::": false, "fec0::1": false,
		"172.32.0.1": true, "100.128.0.1": true, "11.0.0.1": true,
	} {
		if got := isPublic(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is public: got %v, want %v", addr, got, want)
		}
	}
}

func FuzzParseHostRule(f *testing.F) {
	for _, seed := range []string{"api.example.com:443", "*.example.org", "10.0.0.0/8", "[::1]:80", "lan:80", "0x7f.1", "a:b:c", "[", "]:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := parseHostRule(text)
		if err != nil {
			return
		}
		set := 0
		for _, is := range []bool{rule.name != "", rule.prefix.IsValid(), rule.lan} {
			if is {
				set++
			}
		}
		if set != 1 {
			t.Errorf("%q: the rule is %+v, want one of name, prefix and lan", text, rule)
		}
		if rule.name != "" && !rule.subdomain && !rule.matchesName(rule.name, max(1, rule.port)) {
			t.Errorf("%q: the rule does not match its own name", text)
		}
	})
}
