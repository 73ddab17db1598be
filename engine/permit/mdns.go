package permit

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"moonlark/engine/mdns"
)

// CheckLAN returns a *Denied unless the script may reach everything in local networks, which it
// needs to find services there and to announce its own.
func (b *Broker) CheckLAN() error {
	if b.all[Net] {
		return nil
	}
	for _, rule := range b.hosts {
		if rule.lan {
			return nil
		}
	}
	return b.refuse(&Denied{What: "look for services in the local network", Flag: flag(Net, "lan")})
}

// Browse returns the services of a kind, such as "_http._tcp", that answer in local networks until
// ctx is done.
func (b *Broker) Browse(ctx context.Context, kind string) ([]mdns.Service, error) {
	if err := b.CheckLAN(); err != nil {
		return nil, err
	}
	return mdns.Browse(ctx, kind)
}

// Announce announces a service of this machine in local networks.
func (b *Broker) Announce(ctx context.Context, s mdns.Service, kind string) (*mdns.Responder, error) {
	if err := b.CheckLAN(); err != nil {
		return nil, err
	}
	return mdns.Register(ctx, s, kind)
}

// LookupMulticast returns the addresses of the host name, which ends in ".local", by multicast DNS.
func (b *Broker) LookupMulticast(ctx context.Context, name string) ([]netip.Addr, error) {
	if err := b.CheckLookup(name); err != nil {
		return nil, err
	}
	return b.multicast(ctx, strings.ToLower(name))
}

// multicast looks up a name by multicast DNS.
func (b *Broker) multicast(ctx context.Context, name string) ([]netip.Addr, error) {
	if b.opts.Multicast != nil {
		return b.opts.Multicast(ctx, name)
	}
	return mdns.Lookup(ctx, name)
}

// multicastTimeout is how long a machine may take to say its address by multicast DNS.
const multicastTimeout = 3 * time.Second

// lookup returns the addresses of a host. A name that ends in ".local", and that the system does not
// find, is looked up by multicast DNS.
func (b *Broker) lookup(ctx context.Context, network, name string) ([]netip.Addr, error) {
	addrs, err := b.resolver().LookupNetIP(ctx, network, name)
	var failure *net.DNSError
	if err == nil || !errors.As(err, &failure) || !strings.HasSuffix(name, ".local") || ctx.Err() != nil {
		return addrs, err
	}
	own, cancel := context.WithTimeout(ctx, multicastTimeout)
	defer cancel()
	found, multicastErr := b.multicast(own, name)
	var matching []netip.Addr
	for _, addr := range found {
		if network == "ip" || (network == "ip4") == addr.Is4() {
			matching = append(matching, addr)
		}
	}
	if multicastErr != nil || len(matching) == 0 {
		return nil, err
	}
	return matching, nil
}
