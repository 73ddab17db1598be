package mqttclient

import (
	"fmt"
	"log/slog"

	"moonlark/luastd/sockets"
)

// reasons are texts for the reason codes of MQTT 5.
var reasons = map[byte]string{
	0x80: "without a reason", 0x81: "malformed packet", 0x82: "protocol error", 0x83: "an own reason of the broker",
	0x84: "unsupported protocol version", 0x85: "client id not valid", 0x86: "bad user name or password", 0x87: "not authorized",
	0x88: "server unavailable", 0x89: "server busy", 0x8a: "banned", 0x8b: "server shutting down", 0x8d: "keep alive timeout",
	0x8e: "session taken over", 0x8f: "filter not valid", 0x90: "topic not valid", 0x93: "too many messages at the same time",
	0x95: "packet too large", 0x96: "too many messages", 0x97: "quota exceeded", 0x98: "closed by an administrator",
	0x99: "payload format not valid", 0x9a: "retain not supported", 0x9b: "QoS not supported", 0x9c: "use another server",
	0x9d: "server moved", 0x9e: "shared subscriptions not supported", 0x9f: "too many connections", 0xa0: "maximum connect time",
	0xa1: "subscription identifiers not supported", 0xa2: "wildcards not supported",
}

// why returns the reason of the packet p, with a colon before it.
func why(p packet) string {
	switch text := reasons[p.code]; {
	case p.reason != "":
		return ": " + p.reason
	case text != "":
		return ": " + text
	}
	return fmt.Sprintf(": code %d", p.code)
}

// The codes with which a broker refuses a connection, in MQTT 3.1.1 and in MQTT 5.
const (
	oldBadVersion, badVersion      = 1, 0x84
	oldBadID, badID                = 2, 0x85
	oldUnavailable, unavailable    = 3, 0x88
	oldBadPassword, badPassword    = 4, 0x86
	oldUnauthorized, unauthorized  = 5, 0x87
	takenOver, banned, serverBusy  = 0x8e, 0x8a, 0x89
	quotaExceeded, tooManyMessages = 0x97, 0x96
)

// explainRefusal returns why the broker has refused the connection.
func (c *Client) explainRefusal(p packet) ending {
	host := c.opts.Host
	switch p.code {
	case oldBadVersion, badVersion:
		return ending{otherVersion: true, failure: sockets.Fail("unsupported", "%s does not speak version %d of MQTT", host, c.version)}
	case oldBadID, badID:
		return ending{failure: sockets.Fail("invalid", "%s does not accept the client id %s", host, c.opts.ClientID)}
	case oldUnavailable, unavailable, serverBusy:
		return ending{failure: sockets.Fail("busy", "%s has no time now", host)}
	case oldBadPassword, badPassword, oldUnauthorized, unauthorized, banned:
		return ending{failure: sockets.Fail("denied", "%s does not accept the user and the password", host)}
	}
	return ending{failure: sockets.Fail("failed", "%s has refused the connection%s", host, why(p))}
}

// explainDisconnect returns why the broker has ended the connection. The caller holds c.mu.
func (c *Client) explainDisconnect(p packet) ending {
	if p.code == takenOver {
		c.log(slog.LevelWarn, "mqtt: another client has connected to %s with the client id %s: give each client an id of its own", c.opts.Host, c.opts.ClientID)
		return ending{takenOver: true, failure: sockets.Fail("closed", "another client has connected to %s with the client id %s", c.opts.Host, c.opts.ClientID)}
	}
	if p.code == 0 {
		return ending{failure: sockets.Fail("closed", "%s has closed the connection", c.opts.Host)}
	}
	return ending{failure: sockets.Fail("closed", "%s has closed the connection%s", c.opts.Host, why(p))}
}

// refusal returns why the broker does not take a message, or nil if it takes it.
func (l *link) refusal(p packet) *sockets.Failure {
	if p.code < 0x80 {
		return nil
	}
	code := "failed"
	switch p.code {
	case unauthorized:
		code = "denied"
	case quotaExceeded, tooManyMessages:
		code = "busy"
	}
	return sockets.Fail(code, "%s does not accept the message%s", l.c.opts.Host, why(p))
}
