package permit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// UDPOptions describe a UDP socket.
type UDPOptions struct {
	Host      string     // see CheckListen; "" stands for all addresses
	Port      uint16     // 0 is a free port
	Broadcast bool       // datagrams may be sent to all machines of a network
	Multicast netip.Addr // the group to join; the zero Addr: none
	Interface string     // the network interface for the group, and for what is sent to groups; "": that of the system
}

// A UDPSocket sends datagrams to the addresses to which a script may connect. If it has a free
// port, it also receives only from these addresses: it is then the socket of a client. With a
// certain port, for which the script needs the permission to listen, it receives from everyone whom
// that lets in. Any goroutine may use it.
type UDPSocket struct {
	*net.UDPConn
	b      *Broker
	isOpen bool // everyone may send to it
	near   bool // everyone in local networks may send to it
	only4  bool // it has no IPv6

	mu   sync.Mutex       // guards sent
	sent []netip.AddrPort // the addresses to which it has sent last, without repetitions
}

// maxSent is the maximal number of addresses of which a UDPSocket knows that it has sent to them.
const maxSent = 256

// OpenUDP opens a UDP socket. The error is a *Denied if a grant is missing. Pass other errors to
// ListenError.
func (b *Broker) OpenUDP(o UDPOptions) (*UDPSocket, error) {
	s := &UDPSocket{b: b}
	network, address := "udp", net.JoinHostPort("", strconv.Itoa(int(o.Port)))
	if o.Host != "" || o.Port != 0 {
		host := o.Host
		if host == "" {
			host = netip.IPv4Unspecified().String()
		}
		rule, err := parseListenHost(host)
		if err != nil {
			return nil, err
		}
		if o.Port != 0 {
			if rule, err = b.listenRule(host, o.Port); err != nil {
				return nil, err
			}
			b.used(Listen, "accept datagrams at", net.JoinHostPort(host, strconv.Itoa(int(o.Port))))
			s.isOpen, s.near = !rule.lan, rule.lan
		}
		addr := rule.listenAddr()
		if addr != netip.IPv6Unspecified() {
			network, address = "udp6", netip.AddrPortFrom(addr, o.Port).String()
		}
		if addr.Is4() {
			network, s.only4 = "udp4", true
		}
	}
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		controlErr := c.Control(func(fd uintptr) { err = setUDPOptions(fd, o.Broadcast, o.Multicast.IsValid()) })
		return errors.Join(err, controlErr)
	}}
	conn, err := config.ListenPacket(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	s.UDPConn = conn.(*net.UDPConn)
	if err := s.setInterface(o); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// setInterface joins the group of o, and sets the network interface for groups.
func (s *UDPSocket) setInterface(o UDPOptions) error {
	var device *net.Interface
	if o.Interface != "" {
		var err error
		if device, err = net.InterfaceByName(o.Interface); err != nil {
			return err
		}
	}
	conn4, conn6 := ipv4.NewPacketConn(s.UDPConn), ipv6.NewPacketConn(s.UDPConn)
	is4 := s.only4 || o.Multicast.Is4()
	if device != nil {
		if is4 {
			if err := conn4.SetMulticastInterface(device); err != nil {
				return err
			}
		} else if err := conn6.SetMulticastInterface(device); err != nil {
			return err
		}
	}
	switch group := net.UDPAddrFromAddrPort(netip.AddrPortFrom(o.Multicast, 0)); {
	case !o.Multicast.IsValid():
		return nil
	case is4:
		return conn4.JoinGroup(device, group)
	default:
		return conn6.JoinGroup(device, group)
	}
}

// SendTo sends a datagram. It looks up host if that is a name. The error wraps a *Denied if a grant
// is missing.
func (s *UDPSocket) SendTo(ctx context.Context, data []byte, host string, port uint16) error {
	if err := s.b.CheckHost(host, port, 0); err != nil {
		return err
	}
	addrs := []netip.Addr{}
	if addr, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, addr)
	} else {
		network := "ip"
		if s.only4 {
			network = "ip4"
		}
		name, err := normalName(host)
		if err != nil {
			return err
		}
		if addrs, err = s.b.lookup(ctx, network, name); err != nil {
			return err
		}
	}
	err := fmt.Errorf("%s has no address that this socket can reach", host)
	for _, addr := range addrs {
		at := netip.AddrPortFrom(addr, port)
		if err = s.b.checkAddress(host, at, 0); err != nil {
			continue
		}
		if s.only4 {
			at = netip.AddrPortFrom(addr.Unmap(), port)
		}
		s.b.used(Net, "send datagrams to", net.JoinHostPort(host, strconv.Itoa(int(port))))
		s.noteSent(netip.AddrPortFrom(addr.Unmap(), port)) // before the answer can come
		if _, err = s.WriteToUDPAddrPort(data, at); err == nil {
			return nil
		}
	}
	return err
}

// Receive waits for a datagram from somebody who may send to s. It writes the datagram to p.
func (s *UDPSocket) Receive(p []byte) (n int, from netip.AddrPort, err error) {
	for {
		n, from, err = s.ReadFromUDPAddrPort(p)
		if err != nil {
			return 0, from, err
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if s.mayReceive(from) {
			return n, from, nil
		}
	}
}

// mayReceive reports whether the script may receive a datagram that was sent from this address.
func (s *UDPSocket) mayReceive(from netip.AddrPort) bool {
	addr := from.Addr().WithZone("")
	switch {
	case s.isOpen:
		return true
	case s.near:
		return isNear(addr)
	case s.b.neverGranted(addr, from.Port()) != "":
		return false
	case s.b.all[Net]:
		return true
	}
	for _, rule := range s.b.hosts {
		if rule.matchesAddress(addr, from.Port()) {
			return true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.sent, from)
}

// noteSent notes that s has sent to this address.
func (s *UDPSocket) noteSent(to netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.sent, to); i >= 0 {
		s.sent = slices.Delete(s.sent, i, i+1)
	} else if len(s.sent) == maxSent {
		s.sent = slices.Delete(s.sent, 0, 1)
	}
	s.sent = append(s.sent, to)
}
