package permit

import (
	"net/netip"
	"strings"
)

// The networks whose addresses are not public, besides those that package netip knows. Sources: the
// IANA registries of special-purpose addresses.
var specialNetworks = parsePrefixes(
	"0.0.0.0/8",      // this network
	"100.64.0.0/10",  // shared by the customers of a provider
	"192.0.0.0/24",   // protocol assignments
	"198.18.0.0/15",  // benchmarks
	"240.0.0.0/4",    // reserved, and broadcast
	"64:ff9b::/96",   // IPv4 addresses behind NAT64, which may be private ones
	"64:ff9b:1::/48", // the same, for local use
	"2002::/16",      // 6to4, which contains an IPv4 address
	"2001::/32",      // Teredo, which contains an IPv4 address
	"fec0::/10",      // site-local
)

// The addresses at which clouds give machines their credentials. No script may connect to them.
var metadataAddresses = []netip.Addr{netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254")}

func parsePrefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// isPublic reports whether addr is an address of the internet.
func isPublic(addr netip.Addr) bool {
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	for _, network := range specialNetworks {
		if network.Contains(addr) {
			return false
		}
	}
	return true
}

// isLAN reports whether addr belongs to a network at home or in an office. The addresses of this
// machine itself, such as 127.0.0.1, do not.
func isLAN(addr netip.Addr) bool { return addr.IsPrivate() || addr.IsLinkLocalUnicast() }

// isLocalName reports whether name is a name that only this machine or its local network knows, so
// that it may have a private address.
func isLocalName(name string) bool {
	for _, suffix := range []string{".local", ".lan", ".internal", ".home.arpa", ".localhost"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return !strings.Contains(name, ".")
}

// equivalents returns addr, and the addresses to which a connection to addr may lead as well.
func equivalents(addr netip.Addr) []netip.Addr {
	all := []netip.Addr{addr}
	switch {
	case addr.IsUnspecified(): // the system takes it for this machine
		all = append(all, netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback())
	case nat64.Contains(addr):
		bytes := addr.As16()
		all = append(all, netip.AddrFrom4([4]byte(bytes[12:])))
	}
	return all
}

// nat64 has the IPv6 addresses whose last four bytes are the IPv4 address behind NAT64.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")
