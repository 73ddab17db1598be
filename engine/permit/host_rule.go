package permit

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// A hostRule is the value of --allow-net or --deny-net: a host and perhaps a port. Exactly one of
// name, prefix and lan is set.
type hostRule struct {
	name      string       // in lower case; "example.org" with subdomain set stands for *.example.org
	subdomain bool         // the rule is for all hosts below name, and not for name itself
	prefix    netip.Prefix // an address, or a network such as 10.0.0.0/8
	lan       bool         // the addresses of local networks
	port      uint16       // 0 stands for all ports
}

// parseHostRule parses HOST, HOST:PORT, *.DOMAIN, an address, a network such as 10.0.0.0/8, or lan.
func parseHostRule(text string) (hostRule, error) {
	host, port, err := splitPort(text)
	if err != nil {
		return hostRule{}, err
	}
	rule := hostRule{port: port}
	if host == "lan" {
		rule.lan = true
		return rule, nil
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap().WithZone("")
		rule.prefix = netip.PrefixFrom(addr, addr.BitLen())
		return rule, nil
	}
	if prefix, err := netip.ParsePrefix(host); err == nil {
		rule.prefix = prefix.Masked()
		return rule, nil
	}
	name, subdomain := strings.CutPrefix(host, "*.")
	rule.subdomain = subdomain
	if rule.name, err = normalName(name); err != nil {
		return hostRule{}, err
	}
	return rule, nil
}

// splitPort splits text into the host and the port. The port is 0 if text has none.
func splitPort(text string) (host string, port uint16, err error) {
	switch {
	case strings.Contains(text, "://"):
		return "", 0, fmt.Errorf("a host is expected, such as api.example.com, and not a URL")
	case strings.Count(text, ":") > 1 && !strings.Contains(text, "]"):
		return text, 0, nil // an IPv6 address
	case !strings.Contains(text, ":") || strings.HasSuffix(text, "]"):
		return strings.Trim(text, "[]"), 0, nil
	}
	host, digits, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, fmt.Errorf("a host is expected, such as api.example.com or api.example.com:443")
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("the port must be a number from 1 to 65535, not %q", digits)
	}
	return host, uint16(n), nil
}

// normalName returns the name of a host in lower case, in ASCII, and without a dot at the end. It
// returns an error if name cannot be the name of a host. Names that end in a number, such as
// 2130706433 or 0x7f.1, are addresses for some resolvers, so they are not names.
func normalName(name string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.ToLower(name), "."))
	if err != nil || ascii == "" || strings.ContainsAny(ascii, "/*@?#% \t\r\n") || len(ascii) > 253 {
		return "", fmt.Errorf("%q is not the name of a host", name)
	}
	last := ascii[strings.LastIndexByte(ascii, '.')+1:]
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return "", fmt.Errorf("%q is not the name of a host: an address has the form 192.168.1.5", name)
	}
	return ascii, nil
}

// matchesName reports whether r is a rule for the host with this name, in the form that normalName
// returns.
func (r hostRule) matchesName(name string, port uint16) bool {
	switch {
	case r.name == "" || r.port != 0 && r.port != port:
		return false
	case r.subdomain:
		return strings.HasSuffix(name, "."+r.name)
	}
	return name == r.name
}

// matchesAddress reports whether r is a rule for addresses, and addr is one of them.
func (r hostRule) matchesAddress(addr netip.Addr, port uint16) bool {
	switch {
	case r.port != 0 && r.port != port:
		return false
	case r.lan:
		return isLAN(addr)
	}
	return r.prefix.IsValid() && r.prefix.Contains(addr)
}
