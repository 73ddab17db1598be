package testkit

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// A NameServer is a DNS server on loopback. Each lookup of a name takes the next list of records
// from answers, and the last list again when there is no other. A record is an address, or a text
// such as "TXT v=spf1", "MX 10 mail.example", "SRV 1 2 1883 broker.example" or "PTR printer.lan".
type NameServer struct {
	conn    net.PacketConn
	mu      sync.Mutex // guards answers
	answers map[string][][]string
}

// NewNameServer returns a server that answers with these records. It is closed when the test
// ends.
func NewNameServer(t TB, answers map[string][][]string) *NameServer {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("%v", err)
	}
	s := &NameServer{conn: conn, answers: answers}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.serve()
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return s
}

// Resolver returns a resolver that asks only s.
func (s *NameServer) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
}

func (s *NameServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Authoritative, m.Additionals = true, true, nil
		m.Answers, m.RCode = s.answer(m.Questions[0])
		if packed, err := m.Pack(); err == nil {
			s.conn.WriteTo(packed, from)
		}
	}
}

func (s *NameServer) answer(q dnsmessage.Question) ([]dnsmessage.Resource, dnsmessage.RCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.TrimSuffix(strings.ToLower(q.Name.String()), ".")
	lists := s.answers[name]
	if len(lists) == 0 {
		return nil, dnsmessage.RCodeNameError
	}
	// A lookup asks for A and for AAAA. The question for A ends the use of the list.
	var answers []dnsmessage.Resource
	for _, text := range lists[0] {
		if body, of := recordBody(text); of == q.Type {
			header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
			answers = append(answers, dnsmessage.Resource{Header: header, Body: body})
		}
	}
	if q.Type == dnsmessage.TypeA && len(lists) > 1 {
		s.answers[name] = lists[1:]
	}
	return answers, dnsmessage.RCodeSuccess
}

// recordBody returns the record that text describes, and its type.
func recordBody(text string) (dnsmessage.ResourceBody, dnsmessage.Type) {
	var name string
	var n [3]uint16
	switch kind, rest, _ := strings.Cut(text, " "); kind {
	case "TXT":
		return &dnsmessage.TXTResource{TXT: []string{rest}}, dnsmessage.TypeTXT
	case "MX":
		fmt.Sscan(rest, &n[0], &name)
		return &dnsmessage.MXResource{Pref: n[0], MX: dnsmessage.MustNewName(name + ".")}, dnsmessage.TypeMX
	case "SRV":
		fmt.Sscan(rest, &n[0], &n[1], &n[2], &name)
		return &dnsmessage.SRVResource{Priority: n[0], Weight: n[1], Port: n[2], Target: dnsmessage.MustNewName(name + ".")}, dnsmessage.TypeSRV
	case "PTR":
		return &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(rest + ".")}, dnsmessage.TypePTR
	}
	addr := netip.MustParseAddr(text)
	if addr.Is4() {
		return &dnsmessage.AResource{A: addr.As4()}, dnsmessage.TypeA
	}
	return &dnsmessage.AAAAResource{AAAA: addr.As16()}, dnsmessage.TypeAAAA
}
