package rest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"moonlark/engine/loopback"
)

// DefaultHost is the host of the API for accounts whose data is not kept in a particular region.
const DefaultHost = "api.elevenlabs.io"

// regions lists the regions in which ElevenLabs can keep the data of an account and its agents.
var regions = []struct{ name, host string }{
	{"us", "api.us.elevenlabs.io"},
	{"eu", "api.eu.residency.elevenlabs.io"},
	{"in", "api.in.residency.elevenlabs.io"},
	{"sg", "api.sg.residency.elevenlabs.io"},
}

// Host returns the host of a region's API, both for REST and for WebSocket. It returns DefaultHost
// if region is empty, and an error if the region is unknown.
func Host(region string) (string, error) {
	if region == "" {
		return DefaultHost, nil
	}
	var names []string
	for _, r := range regions {
		if r.name == region {
			return r.host, nil
		}
		names = append(names, r.name)
	}
	slices.Sort(names)
	return "", fmt.Errorf("no region %q: there are %s", region, strings.Join(names, ", "))
}

// BaseURL returns the URL of the client's Host, without a path. The error says what is wrong with
// Host.
func (c *Client) BaseURL() (*url.URL, error) {
	text := c.Host
	if text == "" {
		text = DefaultHost
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	base, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("host: %w", withoutURL(err))
	case base.Scheme != "https" && base.Scheme != "http" || base.Hostname() == "" || base.User != nil || strings.Trim(base.Path, "/") != "" || base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("host: %q is not a host name such as %s", c.Host, DefaultHost)
	case base.Scheme == "http" && !loopback.Host(base.Hostname()):
		return nil, fmt.Errorf("host: %s: the API key is not sent without TLS, except to this machine", base.Host)
	}
	return base, nil
}

// CheckHost returns an error if host is not valid as the field Host of a Client.
func CheckHost(host string) error {
	_, err := (&Client{Host: host}).BaseURL()
	return err
}
