package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"moonlark/engine/network"
)

// A hostTime is the time that the host reported in a response (date), and the time of this
// machine's clock when the response came (local). Both are zero if the host reported no time.
type hostTime struct{ date, local time.Time }

// checkNetwork reports whether the proxy is valid, whether the host's name has an address, and
// whether the host responds. It returns the time that the host reported, or zero.
func (c *checker) checkNetwork(ctx context.Context) hostTime {
	proxy, err := c.checkProxy()
	if err != nil || !c.checkDNS(ctx, proxy) {
		c.skip("network", "reach", "the problem above comes first", "")
		return hostTime{}
	}
	return c.checkReach(ctx)
}

// checkProxy reports the proxy through which requests to the host are sent, and returns its URL.
// The URL is nil if there is no proxy. The error says that the proxy's address is not valid.
func (c *checker) checkProxy() (*url.URL, error) {
	proxy, err := c.Proxy(&http.Request{URL: c.host})
	if err == nil {
		err = network.CheckProxy(proxy)
	}
	var refused *network.ProxyError
	switch {
	case errors.As(err, &refused):
		c.fail("network", "proxy", refused.Error(), refused.Hint)
	// The error itself is not reported, because it may contain the proxy's password.
	case err != nil:
		c.fail("network", "proxy", "the address is not valid", "check HTTPS_PROXY: http://host:port")
	case proxy != nil:
		c.ok("network", "proxy", proxy.Scheme+"://"+proxy.Host)
	}
	return proxy, err
}

// checkDNS looks up the name of the host and reports the result. If there is a proxy, there is no
// look-up, because the proxy does it. checkDNS returns false if the host has no address.
func (c *checker) checkDNS(ctx context.Context, proxy *url.URL) bool {
	const group, subject = "network", "DNS"
	name := c.host.Hostname()
	if _, err := netip.ParseAddr(name); err == nil {
		c.skip(group, subject, name+" is an IP address", "")
		return true
	}
	if proxy != nil {
		c.skip(group, subject, "the proxy looks up "+name, "")
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	addresses, err := c.Lookup(ctx, name)
	if err == nil && len(addresses) > 0 {
		c.ok(group, subject, name+" is "+addresses[0])
		return true
	}
	var dns *net.DNSError
	text, fix := "no address found for "+name, "check the network, and its DNS server (/etc/resolv.conf)"
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		text, fix = "there is no host "+name, "check --host and --region, and the network's DNS server"
	case ctx.Err() != nil:
		text = fmt.Sprintf("no answer about %s within %s", name, formatDuration(checkTimeout))
	case dns != nil:
		text += ": " + dns.Err
	}
	c.fail(group, subject, text, fix)
	return false
}

// checkReach sends a request without the API key to the host and reports whether the host responds.
// It returns the time that the host reported, or zero.
func (c *checker) checkReach(ctx context.Context) hostTime {
	const group, subject = "network", "reach"
	began := time.Now()
	answer, date, err := c.head(ctx, c.host.Scheme)
	if err == nil {
		text := fmt.Sprintf("%s answers after %d ms", c.host.Host, max(time.Since(began).Milliseconds(), 1))
		if answer.TLS != nil {
			text += ", by " + tls.VersionName(answer.TLS.Version)
		}
		switch {
		case answer.StatusCode == http.StatusProxyAuthRequired:
			c.fail(group, subject, "the proxy wants a user name and password", "put them into HTTPS_PROXY: http://user:password@host:port")
		case answer.StatusCode >= 500:
			c.warn(group, subject, fmt.Sprintf("%s, with HTTP %d", text, answer.StatusCode), "see status.elevenlabs.io, and check the proxy if there is one")
		default:
			c.ok(group, subject, text)
		}
		return date
	}
	text, fix := c.explain(err)
	c.fail(group, subject, text, fix)
	if certificate := (*tls.CertificateVerificationError)(nil); errors.As(err, &certificate) {
		// A wrong clock may be the reason why the certificate was refused. To learn the right time,
		// a request over plain HTTP is enough.
		if _, date, err := c.head(ctx, "http"); err == nil {
			return date
		}
	}
	return hostTime{}
}

// head sends a HEAD request to the host. scheme is "http" or "https". head returns the response and
// the time that the host reported, which is zero if the response has no Date header.
func (c *checker) head(ctx context.Context, scheme string) (*http.Response, hostTime, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, scheme+"://"+c.host.Host+"/", nil)
	if err != nil {
		return nil, hostTime{}, err
	}
	client := http.Client{
		Transport:     c.Client.HTTP.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, hostTime{}, err
	}
	answer.Body.Close()
	date, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return answer, hostTime{}, nil
	}
	return answer, hostTime{date, c.readClocks().wall}, nil
}

// explain returns a text that says why a request to the host failed with err, and a suggestion to
// the user.
func (c *checker) explain(err error) (text, fix string) {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var proxy *network.ProxyError
	if errors.As(err, &proxy) {
		return proxy.Error(), proxy.Hint
	}
	text = c.host.Host + ": " + err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("%s: no answer within %s", c.host.Host, formatDuration(checkTimeout)), "check the network, and whether a firewall blocks port " + c.port()
	case strings.Contains(text, "proxyconnect"), strings.Contains(text, "socks connect"):
		return "the proxy: " + text, "check the proxy that HTTPS_PROXY names"
	case strings.Contains(text, "refused"):
		return text, "nothing listens there: check --host and its port"
	}
	if hint := network.CertificateHint(err); hint != "" {
		return text, hint
	}
	return text, "check the network"
}

func (c *checker) port() string {
	switch {
	case c.host.Port() != "":
		return c.host.Port()
	case c.host.Scheme == "http":
		return "80"
	}
	return "443"
}
