package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/network"
)

const (
	// hubTimeout is how long all checks of the hub together may take.
	hubTimeout = 30 * time.Second
	// slowAnswer is when the hub is slow.
	slowAnswer = time.Second
	// maxKeySets is how many sets of keys of the hub are verified.
	maxKeySets = 100
	// certificateSoon is how long before the end of the certificate of the hub there is a warning.
	certificateSoon = 14 * 24 * time.Hour
)

// checkHub reports on the connection with the hub, and on what the hub has for the device. keys are those
// that the device trusts; nil if there are none.
func (c *checker) checkHub(ctx context.Context, creds identity.Creds, keys *bundle.KeySet) {
	ctx, cancel := context.WithTimeout(ctx, hubTimeout)
	defer cancel()
	if !c.checkHubAddresses(ctx) {
		c.skip(fleetGroup, "connection", "the problem above comes first", "")
		return
	}
	probe, err := nats.DialProbe(ctx, *c.Fleet.Hub)
	if err != nil {
		fix := "the owner of the fleet sees with moonlark fleet members whether the device was revoked; if it was, " + joinFix
		if !errors.Is(err, nats.ErrRefused) {
			fix = "check the network, and the log of the hub"
		}
		c.fail(fleetGroup, "connection", err.Error(), fix)
		return
	}
	defer probe.Close()
	c.checkAnswerTime(ctx, probe, creds)
	if creds.Role != identity.Device {
		c.skip(fleetGroup, "rights", fmt.Sprintf("only those of devices are tried, and these are the credentials of another role: %s", creds.Role), "")
		return
	}
	c.checkRights(ctx, probe)
	if keys != nil {
		c.checkHubKeys(ctx, probe, keys)
	}
}

// checkHubAddresses connects with each address of the hub. It returns false if none can be reached.
func (c *checker) checkHubAddresses(ctx context.Context) bool {
	const subject = "address"
	addresses, err := nats.Reach(ctx, *c.Fleet.Hub)
	if err != nil {
		c.fail(fleetGroup, subject, err.Error(), "moonlark fleet join has printed the address: --fleet tls://HOST:PORT")
		return false
	}
	reached := false
	for _, a := range addresses {
		if a.Err != nil {
			text, fix := explainHub(a)
			c.fail(fleetGroup, subject, text, fix)
			continue
		}
		text := fmt.Sprintf("%s is there after %d ms", a.Address, max(a.Took.Milliseconds(), 1))
		if a.TLS == nil {
			c.ok(fleetGroup, subject, text+", without TLS, on this machine")
		} else {
			c.checkCertificate(text, a.TLS)
		}
		if !reached {
			c.checkHubVersion(a.Version)
		}
		reached = true
	}
	return reached
}

// checkCertificate reports how long the certificate of the hub is valid. text says which address it is for.
func (c *checker) checkCertificate(text string, state *tls.ConnectionState) {
	ends := state.PeerCertificates[0].NotAfter
	text += fmt.Sprintf(", by %s, with a certificate until %s", tls.VersionName(state.Version), ends.Format(time.DateOnly))
	if ends.Sub(c.readClocks().wall) < certificateSoon {
		c.warn(fleetGroup, "address", text, "renew the certificate of the hub; moonlark fleet serve renews its own at a start")
		return
	}
	c.ok(fleetGroup, "address", text)
}

// explainHub returns why an address of the hub cannot be reached, and a suggestion.
func explainHub(a nats.Address) (text, fix string) {
	if text = a.Err.Error(); !strings.Contains(text, a.Address) {
		text = a.Address + ": " + text
	}
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	switch hint := network.CertificateHint(a.Err); {
	case errors.As(a.Err, &dns):
		return text, "check --fleet, and the network's DNS server (/etc/resolv.conf)"
	case errors.As(a.Err, &unknown):
		return text, hint + "; if the hub has an authority of its own, name its certificate with --fleet-ca, or join again"
	case hint != "":
		return text, hint
	case strings.Contains(text, "refused"):
		return text, "nothing listens there: check --fleet and its port, and whether the hub runs"
	case errors.Is(a.Err, context.DeadlineExceeded), isTimeout(a.Err):
		return text, "check the network, and whether a firewall blocks the port"
	case strings.Contains(text, "promised"):
		return text, "ask the owner of the fleet; if the hub has a new authority, join again: " + joinFix
	case strings.Contains(text, "not a server of NATS"):
		return text, "check --fleet and its port: another program listens there"
	case strings.Contains(text, "no TLS"):
		return text, "somebody may be between this device and the hub; otherwise give the hub a certificate"
	}
	return text, "check --fleet, and the network"
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// checkHubVersion reports whether the server is new enough.
func (c *checker) checkHubVersion(version string) {
	const subject = "hub"
	switch isNew, ok := isSafeServer(version); {
	case !ok:
		c.skip(fleetGroup, subject, "it does not say its version", "")
	case isNew:
		c.ok(fleetGroup, subject, "NATS server "+version)
	default:
		c.warn(fleetGroup, subject, "NATS server "+version+" has known security holes", "use 2.12.12, 2.14.3 or a newer one; moonlark fleet serve has its own, so use a newer moonlark there")
	}
}

// isSafeServer reports whether this version of the NATS server has the fixes of June 2026: 2.12.12, 2.14.3 and
// all later ones have. ok is false if the text is not a version.
func isSafeServer(version string) (safe, ok bool) {
	version, extra, _ := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	var v []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return false, false
		}
		v = append(v, n)
	}
	if len(v) != 3 {
		return false, false
	}
	least := []int{2, 14, 3}
	if v[0] == 2 && v[1] == 12 {
		least = []int{2, 12, 12}
	}
	order := slices.Compare(v, least)
	return order > 0 || order == 0 && extra == "", true // before 2.14.3, there was 2.14.3-RC.1
}

// checkAnswerTime reports that the hub accepts the credentials, and how fast it answers.
func (c *checker) checkAnswerTime(ctx context.Context, probe *nats.Probe, creds identity.Creds) {
	const subject = "connection"
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	took, err := probe.AnswerTime(ctx)
	text := fmt.Sprintf("the hub knows %s, and answers after %.1f ms", creds.Name, took.Seconds()*1000)
	switch {
	case err != nil:
		c.fail(fleetGroup, subject, "the hub knows "+creds.Name+", but does not answer: "+err.Error(), "check the network, and the log of the hub")
	case took > slowAnswer:
		c.warn(fleetGroup, subject, text+": slow", "check the network, and how busy the hub is")
	default:
		c.ok(fleetGroup, subject, text)
	}
}

// checkRights reports what the device may not do on the hub though it needs it, and what it may do though it
// must not.
func (c *checker) checkRights(ctx context.Context, probe *nats.Probe) {
	const (
		subject = "rights"
		fix     = "the owner of the fleet: moonlark fleet serve gives the hub the rights; for another NATS server, moonlark fleet config prints them"
	)
	needed, forbidden, wrong := 0, 0, false
	for _, r := range probe.Rights(ctx) {
		if r.Needed {
			needed++
		} else {
			forbidden++
		}
		if r.Err == nil && r.Granted == r.Needed {
			continue
		}
		wrong = true
		switch {
		case errors.Is(r.Err, follow.ErrOffline), errors.Is(r.Err, context.DeadlineExceeded):
			c.fail(fleetGroup, subject, fmt.Sprintf("whether the device can %s is not known: %v", r.What, r.Err), "check the network, and the log of the hub")
		case r.Err != nil:
			c.fail(fleetGroup, subject, fmt.Sprintf("the device cannot %s: %v", r.What, r.Err), "the owner of the fleet: start moonlark fleet serve once, which makes what is missing")
		case r.Needed:
			c.fail(fleetGroup, subject, "the hub does not let the device "+r.What, fix)
		default:
			c.fail(fleetGroup, subject, "the device can "+r.What+", which no device should", fix)
		}
	}
	if !wrong {
		c.ok(fleetGroup, subject, fmt.Sprintf("the device can do all %d things that it needs, and none of the %d that it must not, such as reading the wishes for other devices", needed, forbidden))
	}
}

// checkHubKeys reports whether the hub has the keys that the device trusts, and whether the device will accept
// the newer ones.
func (c *checker) checkHubKeys(ctx context.Context, probe *nats.Probe, keys *bundle.KeySet) {
	const (
		subject = "keys"
		fix     = "the owner of the fleet must give the hub the sets of keys: moonlark fleet keys lists them, and moonlark fleet serve publishes them"
	)
	same, err := probe.KeySet(ctx, keys.Number)
	own, encodeErr := keys.Encode()
	switch {
	case errors.Is(err, follow.ErrNone):
		c.warn(fleetGroup, subject, fmt.Sprintf("the hub does not have the keys %d", keys.Number), fix)
	case errors.Join(err, encodeErr) != nil:
		c.fail(fleetGroup, subject, errors.Join(err, encodeErr).Error(), fix)
		return
	case !bytes.Equal(same.Text, own):
		c.fail(fleetGroup, subject, fmt.Sprintf("the hub has other keys %d than the device: the device refuses its bundles", keys.Number),
			"if the fleet was made anew, delete keys.json in the store, and join again: "+joinFix)
		return
	}
	newest := keys
	for range maxKeySets {
		number := newest.Number + 1
		next, err := probe.KeySet(ctx, number)
		if errors.Is(err, follow.ErrNone) {
			break
		}
		var signatures []bundle.Signature
		if err == nil {
			signatures, err = bundle.ParseSignatures(next.Signatures)
		}
		if err == nil {
			newest, err = newest.Next(next.Text, signatures)
		}
		if err != nil {
			c.fail(fleetGroup, subject, fmt.Sprintf("the device cannot accept the keys %d of the hub: %v", number, err), fix)
			return
		}
	}
	if newest == keys {
		c.ok(fleetGroup, subject, "the hub has no newer ones")
		return
	}
	c.ok(fleetGroup, subject, fmt.Sprintf("the hub has the keys %d, which the device accepts when moonlark run --fleet connects", newest.Number))
}
