package permit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// CheckHost returns an error unless the script may connect to the host, as far as that can be known
// before the name has been resolved. The error is a *Denied if a grant is missing. defaultPort is
// the port of the scheme, which the flag in the error leaves out; 0 means that there is none.
// DialContext does the same check, so modules need CheckHost only to refuse a target earlier.
func (b *Broker) CheckHost(host string, port, defaultPort uint16) error {
	if addr, err := netip.ParseAddr(host); err == nil {
		return b.checkAddress(host, netip.AddrPortFrom(addr.WithZone(""), port), defaultPort)
	}
	name, err := normalName(host)
	if err != nil {
		return err
	}
	for _, rule := range b.denied {
		if rule.matchesName(name, port) {
			return b.refuse(&Denied{What: fmt.Sprintf("connect to %s, because of --deny-net", net.JoinHostPort(name, strconv.Itoa(int(port))))})
		}
	}
	if b.namedHost(name, port) {
		return nil
	}
	for _, rule := range b.hosts {
		if rule.lan && isLocalName(name) && (rule.port == 0 || rule.port == port) {
			return nil // checkAddress checks that the address is in a local network
		}
	}
	return b.refuse(deniedHost(name, port, defaultPort))
}

// CheckAnyHost returns a *Denied if the script may not connect to any host.
func (b *Broker) CheckAnyHost() error {
	if b.all[Net] || len(b.hosts) > 0 {
		return nil
	}
	return b.refuse(&Denied{What: "connect to hosts", Flag: flag(Net, "HOST")})
}

// namedHost reports whether the host with this name is granted by its name.
func (b *Broker) namedHost(name string, port uint16) bool {
	for _, rule := range b.hosts {
		if rule.matchesName(name, port) {
			return true
		}
	}
	return b.all[Net]
}

func deniedHost(host string, port, defaultPort uint16) *Denied {
	value := host
	if port != defaultPort {
		value = net.JoinHostPort(host, strconv.Itoa(int(port)))
	}
	return &Denied{What: "connect to " + net.JoinHostPort(host, strconv.Itoa(int(port))), Flag: flag(Net, value)}
}

// checkAddress returns an error unless the script may connect to the address at. host is the name
// or the address that the script has named.
func (b *Broker) checkAddress(host string, at netip.AddrPort, defaultPort uint16) error {
	addr, port := at.Addr().Unmap().WithZone(""), at.Port()
	name, err := normalName(host)
	led := err == nil // otherwise host is an address
	if why := b.neverGranted(addr, port); why != "" {
		target := at.String()
		if port == 0 { // any port
			target = at.Addr().String()
		}
		return b.refuse(&Denied{What: "connect to " + target + ", " + why, Led: led})
	}
	if b.all[Net] {
		return nil
	}
	for _, rule := range b.hosts {
		if rule.matchesAddress(addr, port) {
			return nil
		}
	}
	if !led {
		return b.refuse(deniedHost(addr.String(), port, defaultPort))
	}
	if b.namedHost(name, port) && mayHave(name, addr) {
		return nil
	}
	d := deniedHost(addr.String(), port, defaultPort)
	d.What += ", the address of " + name
	d.Led = true
	return b.refuse(d)
}

// neverGranted returns why the script may not connect to addr although everything is granted, or ""
// if it may.
func (b *Broker) neverGranted(addr netip.Addr, port uint16) string {
	for _, addr := range equivalents(addr) {
		if slices.Contains(metadataAddresses, addr) {
			return "where clouds keep credentials"
		}
		if b.opts.Own != nil && b.opts.Own(netip.AddrPortFrom(addr, port)) {
			return "where Moonlark itself accepts connections"
		}
		for _, rule := range b.denied {
			if rule.matchesAddress(addr, port) {
				return "because of --deny-net"
			}
		}
	}
	return ""
}

// mayHave reports whether the host name may have the address addr. A public name must have a public
// address: otherwise whoever controls the name could lead a script into the local network.
func mayHave(name string, addr netip.Addr) bool {
	switch {
	case name == "localhost":
		return addr.IsLoopback()
	case isPublic(addr):
		return true
	}
	return isLocalName(name) && (isLAN(addr) || addr.IsLoopback())
}

// DialContext connects to address, a host and a port, like net.Dialer.DialContext. It checks the
// name before it is resolved, and each address before it is dialled. The error wraps a *Denied if a
// grant is missing. network is "tcp", "tcp4", "tcp6", "udp", "udp4" or "udp6".
func (b *Broker) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return b.dial(ctx, network, address, 0)
}

// Dialer returns a function like DialContext whose errors do not mention the port defaultPort in
// the flag.
func (b *Broker) Dialer(defaultPort uint16) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return b.dial(ctx, network, address, defaultPort)
	}
}

func (b *Broker) dial(ctx context.Context, network, address string, defaultPort uint16) (net.Conn, error) {
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("%q is not a port", digits)
	}
	if err := b.CheckHost(host, uint16(port), defaultPort); err != nil {
		return nil, err
	}
	dialer := net.Dialer{
		KeepAlive: 15 * time.Second,
		Resolver:  b.opts.Resolver,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			return b.checkAddress(host, at, defaultPort)
		},
	}
	conn, err := b.dialEach(ctx, &dialer, network, host, digits)
	var denied *Denied
	if errors.As(err, &denied) {
		return nil, denied // without the words of package net, which name the address again
	}
	b.used(Net, "connect to", address)
	return conn, err
}

// dialEach connects to a host. The Dialer looks up its name, unless the name ends in ".local": then
// all addresses that lookup finds are tried.
func (b *Broker) dialEach(ctx context.Context, dialer *net.Dialer, network, host, port string) (conn net.Conn, err error) {
	name, nameErr := normalName(host)
	if nameErr != nil || !strings.HasSuffix(name, ".local") {
		return dialer.DialContext(ctx, network, net.JoinHostPort(host, port))
	}
	addrs, err := b.lookup(ctx, strings.Replace(strings.Replace(network, "tcp", "ip", 1), "udp", "ip", 1), name)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	var first error // of the first address, as net.Dialer does it
	for _, addr := range addrs {
		if conn, err = dialer.DialContext(ctx, network, net.JoinHostPort(addr.Unmap().String(), port)); err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

func (b *Broker) resolver() *net.Resolver {
	if b.opts.Resolver != nil {
		return b.opts.Resolver
	}
	return net.DefaultResolver
}
