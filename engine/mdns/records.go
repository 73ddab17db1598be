package mdns

import (
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/dns/dnsmessage"
)

// records are the records that have been received. A record with a time to live of 0 removes what
// it says.
type records struct {
	instances map[string][]string     // names of services, by their kind
	services  map[string]place        // by the name of the service
	texts     map[string][]string     // by the name of the service
	addresses map[string][]netip.Addr // by the name of the host
	count     int
}

// A place says where a service is.
type place struct {
	host string
	port uint16
}

// maxKnown is the maximal number of records that are kept.
const maxKnown = 4096

func newRecords() *records {
	return &records{make(map[string][]string), make(map[string]place), make(map[string][]string), make(map[string][]netip.Addr), 0}
}

// add adds a record that has come by way of the interface.
func (r *records) add(record dnsmessage.Resource, iface string) {
	name := normal(record.Header.Name.String())
	if r.count++; r.count > maxKnown || !utf8.ValidString(name) {
		return
	}
	isGone := record.Header.TTL == 0
	switch body := record.Body.(type) {
	case *dnsmessage.PTRResource:
		instance := strings.TrimSuffix(body.PTR.String(), ".")
		if !strings.HasSuffix(strings.ToLower(instance), "."+name) || !utf8.ValidString(instance) {
			return
		}
		r.instances[name] = change(r.instances[name], instance, isGone)
	case *dnsmessage.SRVResource:
		r.services[name] = place{normal(body.Target.String()), body.Port}
	case *dnsmessage.TXTResource:
		r.texts[name] = body.TXT
	case *dnsmessage.AResource:
		r.addAddress(name, netip.AddrFrom4(body.A), isGone)
	case *dnsmessage.AAAAResource:
		addr := netip.AddrFrom16(body.AAAA)
		if addr.IsLinkLocalUnicast() {
			addr = addr.WithZone(iface)
		}
		r.addAddress(name, addr, isGone)
	}
}

// addAddress adds an address of a host. A host of the network cannot have an address of this machine
// alone, or of a group.
func (r *records) addAddress(name string, addr netip.Addr, isGone bool) {
	if addr.IsGlobalUnicast() || addr.IsLinkLocalUnicast() {
		r.addresses[name] = change(r.addresses[name], addr, isGone)
	}
}

// change returns list with v, or without it if isGone is true.
func change[T comparable](list []T, v T, isGone bool) []T {
	i := slices.Index(list, v)
	switch {
	case isGone && i >= 0:
		return slices.Delete(list, i, i+1)
	case isGone || i >= 0:
		return list
	}
	return append(list, v)
}

// list returns the services of a kind whose place is known, sorted by their names.
func (r *records) list(kind string) (all []Service) {
	for _, instance := range r.instances[kind] {
		p, ok := r.services[normal(instance)]
		if !ok {
			continue
		}
		s := Service{Name: instance[:len(instance)-len(kind)-1], Host: p.host, Port: p.port, Addresses: slices.Clone(r.addresses[p.host]), Text: make(map[string]string)}
		for _, text := range r.texts[normal(instance)] {
			if name, value, _ := strings.Cut(text, "="); name != "" {
				s.Text[name] = value
			}
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
	return all
}
