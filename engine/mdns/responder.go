package mdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// A Responder announces a service in the local network until Close is called. Any goroutine may
// call its methods.
type Responder struct {
	service Service
	kind    string // in small letters, such as "_http._tcp.local"
	sockets []*socket
	readers sync.WaitGroup
	once    sync.Once
}

const (
	ttl      = 120 // how long the records are valid, in seconds
	maxNames = 20  // how many names are tried
	// probeTime is how long a Responder waits for somebody else who has the name already.
	probeTime = 500 * time.Millisecond
	maxLabel  = 63
)

// HostName returns the name of this machine in the local network, such as "kiosk.local".
func HostName() string {
	name, _ := os.Hostname()
	name, _, _ = strings.Cut(strings.ToLower(name), ".")
	if name == "" || len(name) > maxLabel {
		name = "moonlark"
	}
	return name + ".local"
}

// CheckService returns an error unless name can be the name of a service, and kind its kind.
func CheckService(name, kind string) error {
	label, protocol, _ := strings.Cut(kind, ".")
	switch {
	case !strings.HasPrefix(label, "_") || len(label) < 2 || len(label) > 16 || protocol != "_tcp" && protocol != "_udp":
		return errors.New("the kind of a service has the form _http._tcp or _osc._udp")
	case name == "" || len(name) > maxLabel-5 || strings.ContainsAny(name, ".\x00\n\r"):
		return fmt.Errorf("the name of a service has 1 to %d bytes, and no dot and no line end", maxLabel-5)
	}
	return nil
}

// Register announces a service of this machine, with its Name, Port and Text. If somebody else has
// the name, a number is appended to it. ctx limits how long that may take.
func Register(ctx context.Context, s Service, kind string) (*Responder, error) {
	if err := CheckService(s.Name, kind); err != nil {
		return nil, err
	}
	s.Host = HostName()
	r := &Responder{service: s, kind: strings.ToLower(kind) + ".local"}
	for n := 2; ; n++ {
		isTaken, err := r.isTaken(ctx)
		if err != nil {
			return nil, err
		}
		if !isTaken {
			break
		}
		if n > maxNames {
			return nil, fmt.Errorf("the name %s is taken", s.Name)
		}
		r.service.Name = fmt.Sprintf("%s (%d)", s.Name, n)
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	for _, s := range r.sockets {
		r.readers.Go(func() {
			s.read(func(m *message, from netip.AddrPort) { r.answer(s, m, from) })
		})
	}
	r.announce(ttl)
	return r, nil
}

// Name returns the name of the service, which may have a number at its end.
func (r *Responder) Name() string { return r.service.Name }

// instance returns the full name of the service.
func (r *Responder) instance() string { return r.service.Name + "." + r.kind }

// isTaken reports whether somebody else has the name.
func (r *Responder) isTaken(ctx context.Context) (bool, error) {
	q, err := newInquiry()
	if err != nil {
		return false, err
	}
	defer q.close()
	probe, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	isTaken := false
	err = q.run(probe, func(known *records) ([]question, bool) {
		_, isTaken = known.services[normal(r.instance())]
		return []question{{r.instance(), dnsmessage.TypeSRV}}, isTaken
	})
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case probe.Err() != nil:
		return isTaken, nil
	}
	return isTaken, err
}

// open opens the sockets with the port 5353, which other programs may use too.
func (r *Responder) open() error {
	config := net.ListenConfig{Control: sharePort}
	var failure error
	for _, d := range devices() {
		for _, network := range []string{"udp4", "udp6"} {
			s, err := openShared(config, network, d)
			if err != nil {
				failure = err
				continue
			}
			r.sockets = append(r.sockets, s)
		}
	}
	if len(r.sockets) > 0 {
		return nil
	}
	if failure != nil {
		return failure
	}
	return ErrNoNetwork
}

// openShared opens a socket that is in the group of an interface.
func openShared(config net.ListenConfig, network string, d device) (*socket, error) {
	group := group4
	address := "0.0.0.0:5353"
	if network == "udp6" {
		group, address = netip.AddrPortFrom(group6.Addr().WithZone(d.Name), group6.Port()), "[::]:5353"
	}
	packets, err := config.ListenPacket(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	s := &socket{packets.(*net.UDPConn), d, group}
	if network == "udp4" {
		p := ipv4.NewPacketConn(s.UDPConn)
		err = errors.Join(p.JoinGroup(&d.Interface, net.UDPAddrFromAddrPort(group)), p.SetMulticastInterface(&d.Interface))
	} else {
		p := ipv6.NewPacketConn(s.UDPConn)
		err = errors.Join(p.JoinGroup(&d.Interface, net.UDPAddrFromAddrPort(group)), p.SetMulticastInterface(&d.Interface))
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// announce sends all records, with this time to live. 0 says that the service ends.
func (r *Responder) announce(seconds uint32) {
	for _, s := range r.sockets {
		if packet, ok := r.pack(&s.device, nil, seconds); ok {
			s.WriteToUDPAddrPort(packet, s.group)
		}
	}
}

// answer answers the questions of m that are about the service.
func (r *Responder) answer(s *socket, m *message, from netip.AddrPort) {
	if m.isAnswer || !slices.ContainsFunc(m.questions, r.isMine) {
		return
	}
	if from.Port() == group4.Port() {
		if packet, ok := r.pack(&s.device, nil, ttl); ok {
			s.WriteToUDPAddrPort(packet, s.group)
		}
		return
	}
	// The question comes from a free port, so that the answer goes there, as in ordinary DNS.
	if packet, ok := r.pack(&s.device, m, 10); ok {
		s.WriteToUDPAddrPort(packet, from)
	}
}

// isMine reports whether q is about the service or this machine.
func (r *Responder) isMine(q dnsmessage.Question) bool {
	name := normal(q.Name.String())
	is := func(kind dnsmessage.Type) bool { return q.Type == kind || q.Type == dnsmessage.TypeALL }
	switch name {
	case r.kind, allKinds:
		return is(dnsmessage.TypePTR)
	case normal(r.instance()):
		return is(dnsmessage.TypeSRV) || is(dnsmessage.TypeTXT)
	case normal(r.service.Host):
		return is(dnsmessage.TypeA) || is(dnsmessage.TypeAAAA)
	}
	return false
}

// allKinds is the name with which programs ask which kinds of services there are.
const allKinds = "_services._dns-sd._udp.local"

// pack returns the packet with all records, for this interface. If question is not nil, the packet
// answers it as in ordinary DNS. If seconds is 0, the packet has only the records of the service: the
// machine keeps its name and its addresses, which other services need, when the service ends.
func (r *Responder) pack(d *device, question *message, seconds uint32) (packet []byte, ok bool) {
	m := dnsmessage.Message{Header: dnsmessage.Header{Response: true, Authoritative: true}}
	cacheFlush := dnsmessage.Class(0x8000) // says that these are all records of this name
	if question != nil {
		m.ID, m.Questions, cacheFlush = question.id, question.questions, 0
	}
	ok = true
	add := func(name string, flags dnsmessage.Class, body dnsmessage.ResourceBody) {
		n, err := dnsmessage.NewName(name + ".")
		ok = ok && err == nil
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: n, Class: dnsmessage.ClassINET | flags, TTL: seconds}, Body: body})
	}
	name := func(s string) dnsmessage.Name {
		n, err := dnsmessage.NewName(s + ".")
		ok = ok && err == nil
		return n
	}
	add(r.kind, 0, &dnsmessage.PTRResource{PTR: name(r.instance())})
	add(r.instance(), cacheFlush, &dnsmessage.SRVResource{Port: r.service.Port, Target: name(r.service.Host)})
	var texts []string
	for key, value := range r.service.Text {
		texts = append(texts, key+"="+value)
	}
	slices.Sort(texts)
	if len(texts) == 0 {
		texts = []string{""}
	}
	add(r.instance(), cacheFlush, &dnsmessage.TXTResource{TXT: texts})
	if seconds > 0 {
		add(allKinds, 0, &dnsmessage.PTRResource{PTR: name(r.kind)})
		r.addAddresses(d, cacheFlush, add)
	}
	if !ok {
		return nil, false
	}
	packet, err := m.Pack()
	return packet, err == nil
}

// addAddresses calls add for the addresses of this machine on the interface.
func (r *Responder) addAddresses(d *device, cacheFlush dnsmessage.Class, add func(name string, flags dnsmessage.Class, body dnsmessage.ResourceBody)) {
	for _, p := range d.prefixes {
		if addr := p.Addr(); addr.Is4() {
			add(r.service.Host, cacheFlush, &dnsmessage.AResource{A: addr.As4()})
		} else {
			add(r.service.Host, cacheFlush, &dnsmessage.AAAAResource{AAAA: addr.As16()})
		}
	}
}

// Close says that the service ends, and closes the sockets. It may be called more than once.
func (r *Responder) Close() {
	r.once.Do(func() {
		r.announce(0)
		for _, s := range r.sockets {
			s.Close()
		}
		r.readers.Wait()
	})
}
