package permit

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// A listenRule is the value of --allow-listen: a port, and the address at which the script may
// accept connections. Without an address, these are the addresses that only this machine can reach.
type listenRule struct {
	addr netip.Addr // the zero Addr if lan or loopback is set
	lan  bool       // the addresses of this machine in local networks
	// loopback stands for all addresses that only this machine can reach.
	loopback bool
	port     uint16 // 0 stands for a free port, which the system chooses
}

// parseListenRule parses PORT, ADDRESS:PORT, localhost:PORT or lan:PORT.
func parseListenRule(text string) (listenRule, error) {
	host, digits := "localhost", text
	if strings.Contains(text, ":") {
		var err error
		if host, digits, err = net.SplitHostPort(text); err != nil {
			return listenRule{}, fmt.Errorf("a port is expected, such as 8080 or 0.0.0.0:8080")
		}
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return listenRule{}, fmt.Errorf("the port must be a number from 0 to 65535, not %q", digits)
	}
	rule, err := parseListenHost(host)
	rule.port = uint16(port)
	return rule, err
}

// parseListenHost returns the rule for a host, without its port. A name is refused, because it
// could stand for another address when the script listens than when the permission was given.
func parseListenHost(host string) (listenRule, error) {
	switch host {
	case "lan":
		return listenRule{lan: true}, nil
	case "localhost":
		return listenRule{loopback: true}, nil
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return listenRule{}, fmt.Errorf("the host must be an address of this machine, localhost, lan or 0.0.0.0, not %q", host)
	}
	return listenRule{addr: addr.Unmap()}, nil
}

// covers reports whether a permission for r is one for what is in asked, which comes from
// parseListenHost.
func (r listenRule) covers(asked listenRule) bool {
	switch {
	case r.port != asked.port:
		return false
	case r.addr == asked.addr && r.lan == asked.lan && r.loopback == asked.loopback:
		return true
	case r.addr == netip.IPv6Unspecified(): // all addresses
		return true
	case r.addr == netip.IPv4Unspecified(): // all addresses of IPv4
		return asked.loopback || asked.lan || asked.addr.Is4()
	case r.lan: // only this machine and its local networks reach these addresses
		return asked.loopback || asked.addr.IsValid() && (isLAN(asked.addr) || asked.addr.IsLoopback())
	case r.loopback:
		return asked.addr.IsValid() && asked.addr.IsLoopback()
	}
	return asked.loopback && r.addr == loopback
}

// loopback is the address for localhost.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// String returns r in the form of the flag.
func (r listenRule) String() string {
	port := strconv.Itoa(int(r.port))
	switch {
	case r.lan:
		return "lan:" + port
	case r.loopback, r.addr == loopback:
		return port
	}
	return net.JoinHostPort(r.addr.String(), port)
}
