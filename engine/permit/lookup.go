package permit

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// CheckLookup returns an error unless the script may look up name. The error is a *Denied if a
// grant is missing. For an address, it is that of CheckSomePort.
func (b *Broker) CheckLookup(name string) error {
	if _, err := netip.ParseAddr(name); err == nil {
		return b.CheckSomePort(name)
	}
	_, err := b.lookupName(name)
	return err
}

// lookupName returns name in its normal form, if the script may connect to it at some port. Labels
// that begin with "_", such as those of _mqtt._tcp.example.com, belong to the host behind them.
func (b *Broker) lookupName(name string) (string, error) {
	host, service := name, ""
	for strings.HasPrefix(host, "_") {
		label, rest, _ := strings.Cut(host, ".")
		if len(label) > 63 || strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			break // normalName refuses it
		}
		host, service = rest, service+strings.ToLower(label)+"."
	}
	normal, err := normalName(host)
	if err != nil {
		return "", err
	}
	if d := b.somePort("look up "+service+normal, normal); d != nil {
		return "", b.refuse(d)
	}
	b.used(Net, "look up", service+normal)
	return service + normal, nil
}

// LookupNetIP returns the addresses of the host name. network is "ip", "ip4" or "ip6".
func (b *Broker) LookupNetIP(ctx context.Context, network, name string) ([]netip.Addr, error) {
	name, err := b.lookupName(name)
	if err != nil {
		return nil, err
	}
	return b.lookup(ctx, network, name)
}

// LookupTXT returns the TXT records of name.
func (b *Broker) LookupTXT(ctx context.Context, name string) ([]string, error) {
	name, err := b.lookupName(name)
	if err != nil {
		return nil, err
	}
	return b.resolver().LookupTXT(ctx, name)
}

// LookupMX returns the MX records of name, sorted by their preference.
func (b *Broker) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	name, err := b.lookupName(name)
	if err != nil {
		return nil, err
	}
	return b.resolver().LookupMX(ctx, name)
}

// LookupSRV returns the SRV records of name, such as _mqtt._tcp.example.com, sorted by their
// priority, and by their weight at random.
func (b *Broker) LookupSRV(ctx context.Context, name string) ([]*net.SRV, error) {
	name, err := b.lookupName(name)
	if err != nil {
		return nil, err
	}
	_, records, err := b.resolver().LookupSRV(ctx, "", "", name)
	return records, err
}

// LookupAddr returns the names of an address, to which the script must have the permission to
// connect.
func (b *Broker) LookupAddr(ctx context.Context, addr netip.Addr) ([]string, error) {
	if err := b.CheckSomePort(addr.String()); err != nil {
		return nil, err
	}
	return b.resolver().LookupAddr(ctx, addr.WithZone("").String())
}
