package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// patience is how long one look at something may take.
const patience = 5 * time.Second

// A servedDate is the time of day as the host has it, and as we had it then;
// zeros when the host did not say.
type servedDate struct{ date, at time.Time }

// network looks at the way to the host.
func (e *examination) network(ctx context.Context) servedDate {
	proxy, err := e.proxy()
	if err != nil || !e.dns(ctx, proxy) {
		e.skip("network", "reach", "that above is in the way", "")
		return servedDate{}
	}
	return e.reach(ctx)
}

// proxy is the one that requests to the host go through; nil without.
func (e *examination) proxy() (*url.URL, error) {
	proxy, err := e.Proxy(&http.Request{URL: e.host})
	switch {
	case err != nil:
		e.fail("network", "proxy", "the address makes no sense", "check HTTPS_PROXY: http://host:port") // the error would show it, password included
	case proxy != nil:
		e.ok("network", "proxy", proxy.Scheme+"://"+proxy.Host)
	}
	return proxy, err
}

// dns says whether the name of the host is known, as far as that is ours to know.
func (e *examination) dns(ctx context.Context, proxy *url.URL) bool {
	const group, subject = "network", "DNS"
	name := e.host.Hostname()
	if _, err := netip.ParseAddr(name); err == nil {
		e.skip(group, subject, name+" is an address", "")
		return true
	}
	if proxy != nil {
		e.skip(group, subject, "the proxy looks up "+name, "")
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	addresses, err := e.Lookup(ctx, name)
	if err == nil && len(addresses) > 0 {
		e.ok(group, subject, name+" is "+addresses[0])
		return true
	}
	var dns *net.DNSError
	text, mend := "nothing is known of "+name, "check the network, and its DNS server (/etc/resolv.conf)"
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		text, mend = "there is no "+name, "check --host and --region, and the network's DNS server"
	case ctx.Err() != nil:
		text = fmt.Sprintf("no answer about %s within %s", name, short(patience))
	case dns != nil:
		text += ": " + dns.Err
	}
	e.fail(group, subject, text, mend)
	return false
}

// reach asks the host for anything at all, without the key.
func (e *examination) reach(ctx context.Context) servedDate {
	const group = "network"
	began := time.Now()
	answer, date, err := e.head(ctx, e.host.Scheme)
	if err == nil {
		text := fmt.Sprintf("%s answers after %d ms", e.host.Host, max(time.Since(began).Milliseconds(), 1))
		if answer.TLS != nil {
			text += ", by " + tls.VersionName(answer.TLS.Version)
		}
		switch {
		case answer.StatusCode == http.StatusProxyAuthRequired:
			e.fail(group, "reach", "the proxy wants a user name and password", "put them into HTTPS_PROXY: http://user:password@host:port")
		case answer.StatusCode >= 500:
			e.warn(group, "reach", fmt.Sprintf("%s, with HTTP %d", text, answer.StatusCode), "wait, if its status page says so (status.elevenlabs.io); check the proxy, if there is one")
		default:
			e.ok(group, "reach", text)
		}
		return date
	}
	text, mend := e.unreached(err)
	e.fail(group, "reach", text, mend)
	if certificate := (*tls.CertificateVerificationError)(nil); errors.As(err, &certificate) {
		// Perhaps the clock is to blame. For the time of day alone plain HTTP will do.
		if _, date, err := e.head(ctx, "http"); err == nil {
			return date
		}
	}
	return servedDate{}
}

func (e *examination) head(ctx context.Context, scheme string) (*http.Response, servedDate, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, scheme+"://"+e.host.Host+"/", nil)
	if err != nil {
		return nil, servedDate{}, err
	}
	client := http.Client{
		Transport:     e.Client.HTTP.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, servedDate{}, err
	}
	answer.Body.Close()
	date, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return answer, servedDate{}, nil
	}
	return answer, servedDate{date, e.readClocks().wall}, nil
}

// unreached says why the host cannot be reached, and what to do about it.
func (e *examination) unreached(err error) (text, mend string) {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var record tls.RecordHeaderError
	text = e.host.Host + ": " + err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("%s: no answer within %s", e.host.Host, short(patience)), "check the network, and whether a firewall lets port " + e.port() + " through"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return text, "set the clock: certificates are good for a while only"
	case errors.As(err, &unknown):
		return text, "install the system's certificates (apt-get install ca-certificates), or those of the proxy that opens TLS"
	case errors.As(err, &name):
		return text, "check --host; a network's login page looks like this too"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return text, "it does not speak TLS: check --host and its port"
	case strings.Contains(text, "proxyconnect"):
		return text, "check the proxy that HTTPS_PROXY names"
	case strings.Contains(text, "refused"):
		return text, "nothing listens there: check --host and its port"
	}
	return text, "check the network"
}

func (e *examination) port() string {
	switch {
	case e.host.Port() != "":
		return e.host.Port()
	case e.host.Scheme == "http":
		return "80"
	}
	return "443"
}
