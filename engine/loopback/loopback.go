// Package loopback decides whether an address can only mean this machine. This is a security
// decision: a server that listens on loopback needs no token, data sent to loopback needs no TLS,
// and web pages from loopback may connect to the embedded agent.
package loopback

import (
	"net"
	"net/netip"
	"strings"
)

// Host reports whether host, a name or an IP address without a port, can only mean this machine.
// These are loopback: the name "localhost" and all names that end in ".localhost" (RFC 6761
// reserves both), and every loopback IP address, including an IPv4 address in IPv6 form. Host never
// asks a name server. An empty host is not loopback, because listeners take it for all network
// interfaces.
func Host(host string) bool {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// HostPort reports whether an address such as "127.0.0.1:8080" or "localhost" can only mean this
// machine; see [Host]. The port may be missing.
func HostPort(address string) bool {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return Host(host)
	}
	return Host(address)
}
