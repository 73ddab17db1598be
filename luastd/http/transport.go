package http

import (
	"net/http"
	"slices"
	"time"

	"moonlark/luastd/sockets"
)

// A transport keeps the connections of all requests with the same options tls, proxy and unix.
type transport struct {
	key  transportKey
	http *http.Transport
}

// A transportKey is equal for two routes if requests may use the same connections.
type transportKey struct {
	tls           sockets.LoadedTLS
	proxy, socket string
}

// transport returns the transport for a route. It makes a new one if there is none, and forgets the
// one that has not been used for the longest time if there are too many.
func (m *module) transport(r loadedRoute) (*http.Transport, error) {
	key := transportKey{tls: r.tls}
	if r.proxy != nil {
		key.proxy = r.proxy.String()
	}
	if r.socket != nil {
		key.socket = r.socket.Path()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.IndexFunc(m.transports, func(t *transport) bool { return t.key == key }); i >= 0 {
		t := m.transports[i]
		m.transports = append(slices.Delete(m.transports, i, i+1), t)
		return t.http, nil
	}
	made, err := m.newTransport(r)
	if err != nil {
		return nil, err
	}
	if len(m.transports) == maxTransports {
		m.transports[0].http.CloseIdleConnections() // it closes connections that become idle later, too
		m.transports = slices.Delete(m.transports, 0, 1)
	}
	m.transports = append(m.transports, &transport{key, made})
	return made, nil
}

// closeIdle closes all connections that no call uses.
func (m *module) closeIdle() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.transports {
		t.http.CloseIdleConnections()
	}
}

func (m *module) newTransport(r loadedRoute) (*http.Transport, error) {
	config, err := r.tls.Config("") // the transport sets the name of the host
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		DialContext:            m.dialer(r.socket),
		TLSClientConfig:        config,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxCallsPerHost,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    defaultConnecting,
		MaxResponseHeaderBytes: maxHeader,
		HTTP2: &http.HTTP2Config{
			// All calls to a host share a connection, so a ping finds out when it is dead.
			SendPingTimeout: 15 * time.Second,
			PingTimeout:     5 * time.Second,
			// The default lets a server fill the memory with bodies that the script does not read.
			MaxReceiveBufferPerStream:     512 << 10,
			MaxReceiveBufferPerConnection: 2 << 20,
		},
	}
	if r.proxy != nil {
		t.Proxy = http.ProxyURL(r.proxy) // otherwise nil: the variables of the environment do not count
	}
	return t, nil
}
