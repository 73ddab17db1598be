package permit

import "net/netip"

// CheckSomePort returns an error unless the script may connect to the host at some port. The error
// is a *Denied if a grant is missing.
func (b *Broker) CheckSomePort(host string) error {
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap().WithZone("")
		for _, rule := range b.hosts {
			if rule.matchesAddress(addr, rule.port) {
				return b.checkAddress(host, netip.AddrPortFrom(addr, rule.port), rule.port)
			}
		}
		if b.all[Net] {
			return b.checkAddress(host, netip.AddrPortFrom(addr, 0), 0)
		}
		return b.refuse(&Denied{What: "connect to " + addr.String(), Flag: flag(Net, addr.String())})
	}
	name, err := normalName(host)
	if err != nil {
		return err
	}
	if d := b.somePort("connect to "+name, name); d != nil {
		return b.refuse(d)
	}
	return nil
}

// somePort returns nil if the script may connect to the host with this name, which is in its normal
// form, at some port. Otherwise it returns the refusal of what the script wants to do, such as
// "connect to nas.lan".
func (b *Broker) somePort(what, name string) *Denied {
	for _, rule := range b.denied {
		if rule.matchesName(name, 0) {
			return &Denied{What: what + ", because of --deny-net"}
		}
	}
	if b.all[Net] {
		return nil
	}
	for _, rule := range b.hosts {
		if rule.matchesName(name, rule.port) || rule.lan && isLocalName(name) {
			return nil
		}
	}
	return &Denied{What: what, Flag: flag(Net, name)}
}
