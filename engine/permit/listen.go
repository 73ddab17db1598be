package permit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// CheckListen returns an error unless the script may accept connections at host and port. The error
// is a *Denied if a grant is missing. host is an address of this machine, "localhost", "0.0.0.0" or
// "::" for all addresses, or "lan" for connections from local networks. Port 0 is a free port.
func (b *Broker) CheckListen(host string, port uint16) error {
	_, err := b.listenRule(host, port)
	return err
}

// listenRule does what CheckListen says, and returns host and port as a rule.
func (b *Broker) listenRule(host string, port uint16) (listenRule, error) {
	asked, err := parseListenHost(host)
	if err != nil {
		return listenRule{}, err
	}
	asked.port = port
	at := net.JoinHostPort(host, strconv.Itoa(int(port)))
	for _, addr := range equivalents(asked.listenAddr()) {
		if port != 0 && b.opts.Own != nil && b.opts.Own(netip.AddrPortFrom(addr, port)) {
			return listenRule{}, b.refuse(&Denied{What: "accept connections at " + at + ", where Moonlark itself accepts connections"})
		}
	}
	if b.all[Listen] {
		return asked, nil
	}
	for _, rule := range b.listens {
		if rule.covers(asked) {
			return asked, nil
		}
	}
	return listenRule{}, b.refuse(&Denied{What: "accept connections at " + at, Flag: flag(Listen, asked.String())})
}

// CheckAnyListen returns a *Denied if the script may not accept connections at all.
func (b *Broker) CheckAnyListen() error {
	if b.all[Listen] || len(b.listens) > 0 {
		return nil
	}
	return b.refuse(&Denied{What: "accept connections", Flag: flag(Listen, "PORT")})
}

// listenAddr returns the address at which a listener for r is opened.
func (r listenRule) listenAddr() netip.Addr {
	switch {
	case r.lan:
		return netip.IPv6Unspecified()
	case r.loopback:
		return loopback
	}
	return r.addr
}

// Listen accepts TCP connections at host and port, which CheckListen explains. Pass errors to
// ListenError.
func (b *Broker) Listen(host string, port uint16) (net.Listener, error) {
	rule, err := b.listenRule(host, port)
	if err != nil {
		return nil, err
	}
	b.used(Listen, "accept connections at", net.JoinHostPort(host, strconv.Itoa(int(port))))
	addr := rule.listenAddr()
	network, address := "tcp", netip.AddrPortFrom(addr, port).String()
	switch {
	case addr == netip.IPv6Unspecified():
		address = ":" + strconv.Itoa(int(port)) // IPv4 too, and also without IPv6
	case addr.Is4():
		network = "tcp4" // package net takes 0.0.0.0 for the addresses of IPv6 too
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	if rule.lan {
		l = lanListener{l}
	}
	return l, nil
}

// A lanListener accepts only connections from this machine and from local networks. It closes the
// others.
type lanListener struct{ net.Listener }

func (l lanListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if from, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil && isNear(from.Addr()) {
			return conn, nil
		}
		conn.Close()
	}
}

// isNear reports whether addr belongs to this machine or to a local network.
func isNear(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return addr.IsLoopback() || isLAN(addr)
}

// ListenError explains an error of Listen. code is the third result of a Lua function that has
// failed: "busy", "not_found", "denied" or "failed". text is the reason without the code, for
// people.
func ListenError(err error, port uint16) (code, text string) {
	var denied *Denied
	switch {
	case errors.As(err, &denied):
		return "denied", denied.Short()
	case isOneOf(err, inUseErrors):
		return "busy", fmt.Sprintf("another program, or another part of this one, accepts connections at port %d", port)
	case isOneOf(err, noAddressErrors):
		return "not_found", "this machine does not have the address"
	case isOneOf(err, noRightErrors):
		return "denied", fmt.Sprintf("the system does not allow Moonlark to use port %d", port)
	}
	return "failed", err.Error()
}
