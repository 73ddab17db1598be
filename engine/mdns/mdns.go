// Package mdns finds hosts and services in local networks by multicast DNS (RFC 6762 and 6763), and
// announces services. Lookup and Browse send their questions from a port that no other
// program uses, so that the answers reach this process even if another program listens at port 5353.
// A Responder shares port 5353 with other programs.
//
// Everything happens on each network interface by itself: an interface without IPv6, or one that
// does not let datagrams to groups pass, does not disturb the others.
package mdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// The groups of multicast DNS.
var (
	group4 = netip.MustParseAddrPort("224.0.0.251:5353")
	group6 = netip.MustParseAddrPort("[ff02::fb]:5353")
)

const (
	maxPacket     = 9000 // maximal length of a packet, in bytes
	maxRecords    = 512  // maximal number of records of a packet that are read
	maxInterfaces = 16   // of these, further ones are ignored
)

// ErrNoNetwork says that there is no network in which datagrams can be sent to groups.
var ErrNoNetwork = errors.New("there is no network for multicast DNS")

// A device is a network interface.
type device struct {
	net.Interface
	prefixes []netip.Prefix // its addresses
}

// devices returns the network interfaces that can be used.
func devices() (all []device) {
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&(net.FlagMulticast|net.FlagLoopback) == 0 || len(all) == maxInterfaces {
			continue
		}
		d := device{Interface: i}
		addrs, _ := i.Addrs()
		for _, addr := range addrs {
			if p, err := netip.ParsePrefix(addr.String()); err == nil {
				d.prefixes = append(d.prefixes, p)
			}
		}
		if len(d.prefixes) > 0 {
			all = append(all, d)
		}
	}
	return all
}

// Networks returns a text that changes when the networks of this machine change.
func Networks() string {
	var b strings.Builder
	for _, d := range devices() {
		fmt.Fprintln(&b, d.Name, d.prefixes)
	}
	return b.String()
}

// isNear reports whether addr is in a network of d, so that a datagram from there has passed no
// router.
func (d *device) isNear(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range d.prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return addr.IsLinkLocalUnicast()
}

// A socket is a socket for one interface and one of the versions of IP.
type socket struct {
	*net.UDPConn
	device device
	group  netip.AddrPort
}

// openSockets opens sockets with free ports for all interfaces.
func openSockets() (all []*socket) {
	for _, d := range devices() {
		if conn, err := net.ListenUDP("udp4", nil); err == nil {
			if ipv4.NewPacketConn(conn).SetMulticastInterface(&d.Interface) == nil {
				all = append(all, &socket{conn, d, group4})
			} else {
				conn.Close()
			}
		}
		if conn, err := net.ListenUDP("udp6", nil); err == nil {
			if ipv6.NewPacketConn(conn).SetMulticastInterface(&d.Interface) == nil {
				all = append(all, &socket{conn, d, netip.AddrPortFrom(group6.Addr().WithZone(d.Name), group6.Port())})
			} else {
				conn.Close()
			}
		}
	}
	return all
}

// read calls handle for each packet from a network of the interface, until s is closed.
func (s *socket) read(handle func(m *message, from netip.AddrPort)) {
	p := make([]byte, maxPacket)
	for {
		n, from, err := s.ReadFromUDPAddrPort(p)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if !s.device.isNear(from.Addr()) {
			continue
		}
		if m, ok := parse(p[:n]); ok {
			handle(m, from)
		}
	}
}

// A message is a packet, as far as it is used.
type message struct {
	id        uint16
	isAnswer  bool
	questions []dnsmessage.Question
	records   []dnsmessage.Resource
}

// parse returns the message in a packet. ok is false if it is damaged.
func parse(packet []byte) (m *message, ok bool) {
	var p dnsmessage.Parser
	header, err := p.Start(packet)
	if err != nil {
		return nil, false
	}
	m = &message{id: header.ID, isAnswer: header.Response}
	if m.questions, err = p.AllQuestions(); err != nil || len(m.questions) > maxRecords {
		return nil, false
	}
	for _, section := range []func() (dnsmessage.Resource, error){p.Answer, p.Authority, p.Additional} {
		for {
			r, err := section()
			if err == dnsmessage.ErrSectionDone {
				break
			}
			if err != nil || len(m.records) >= maxRecords {
				return m, len(m.records) > 0 // what comes before the damage is used
			}
			m.records = append(m.records, r)
		}
	}
	return m, true
}

// A question is a name and the type of the wanted records.
type question struct {
	name string
	kind dnsmessage.Type
}

// pack returns the packet of a question.
func (q question) pack() ([]byte, error) {
	name, err := dnsmessage.NewName(q.name + ".")
	if err != nil {
		return nil, err
	}
	m := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: name, Type: q.kind, Class: dnsmessage.ClassINET}}}
	return m.Pack()
}

// An inquiry sends questions on all interfaces, and collects the answers.
type inquiry struct {
	sockets []*socket
	readers sync.WaitGroup
	news    chan struct{} // has a value when there are new records

	mu      sync.Mutex // guards the field below
	records *records
}

// newInquiry opens the sockets. Close must be called.
func newInquiry() (*inquiry, error) {
	q := &inquiry{sockets: openSockets(), news: make(chan struct{}, 1), records: newRecords()}
	if len(q.sockets) == 0 {
		return nil, ErrNoNetwork
	}
	for _, s := range q.sockets {
		q.readers.Go(func() {
			s.read(func(m *message, _ netip.AddrPort) {
				if m.isAnswer {
					q.add(m, s)
				}
			})
		})
	}
	return q, nil
}

// close closes the sockets, and waits for the goroutines.
func (q *inquiry) close() {
	for _, s := range q.sockets {
		s.Close()
	}
	q.readers.Wait()
}

func (q *inquiry) add(m *message, s *socket) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range m.records {
		q.records.add(r, s.device.Name)
	}
	select {
	case q.news <- struct{}{}:
	default:
	}
}

// ask sends a question. An interface on which that is not possible is left out.
func (q *inquiry) ask(what question) error {
	packet, err := what.pack()
	if err != nil {
		return err
	}
	for _, s := range q.sockets {
		s.WriteToUDPAddrPort(packet, s.group)
	}
	return nil
}

// run asks what next returns, until it returns done, or until ctx is done. It repeats the questions
// after a second, and then after twice as long each time.
func (q *inquiry) run(ctx context.Context, next func(r *records) (questions []question, done bool)) error {
	asked := make(map[question]bool)
	pause := time.Second
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		q.mu.Lock()
		questions, done := next(q.records)
		q.mu.Unlock()
		if done {
			return nil
		}
		for _, what := range questions {
			if asked[what] || len(asked) > maxRecords {
				continue
			}
			asked[what] = true
			if err := q.ask(what); err != nil {
				return err
			}
		}
		select {
		case <-q.news:
		case <-timer.C:
			clear(asked)
			pause *= 2
			timer.Reset(pause)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Lookup returns the addresses of the host with this name, which ends in ".local". The error wraps
// that of ctx if nobody has answered.
func Lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	q, err := newInquiry()
	if err != nil {
		return nil, err
	}
	defer q.close()
	name = normal(name)
	questions := []question{{name, dnsmessage.TypeA}, {name, dnsmessage.TypeAAAA}}
	err = q.run(ctx, func(r *records) ([]question, bool) { return questions, len(r.addresses[name]) > 0 })
	if err != nil {
		return nil, err
	}
	select { // other addresses come at about the same time as the first one
	case <-time.After(settleTime):
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if found := q.records.addresses[name]; len(found) > 0 {
		return slices.Clone(found), nil
	}
	return nil, context.DeadlineExceeded // the host has withdrawn its address
}

// settleTime is how long Lookup waits for further addresses after the first one.
const settleTime = 50 * time.Millisecond

// A Service is a service that somebody offers in the local network.
type Service struct {
	Name      string // such as "Office printer"
	Host      string // such as "printer.local"
	Port      uint16
	Addresses []netip.Addr
	Text      map[string]string
}

// Browse returns the services of a kind, such as "_http._tcp", that answer until ctx is done.
func Browse(ctx context.Context, kind string) ([]Service, error) {
	q, err := newInquiry()
	if err != nil {
		return nil, err
	}
	defer q.close()
	kind = normal(kind) + ".local"
	err = q.run(ctx, func(r *records) ([]question, bool) {
		questions := []question{{kind, dnsmessage.TypePTR}}
		for _, instance := range r.instances[kind] {
			if s, ok := r.services[normal(instance)]; !ok {
				questions = append(questions, question{instance, dnsmessage.TypeSRV}, question{instance, dnsmessage.TypeTXT})
			} else if len(r.addresses[normal(s.host)]) == 0 {
				questions = append(questions, question{s.host, dnsmessage.TypeA}, question{s.host, dnsmessage.TypeAAAA})
			}
		}
		return questions, false
	})
	if ctx.Err() == nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.records.list(kind), nil
}

// normal returns name in small letters and without a dot at the end.
func normal(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }
