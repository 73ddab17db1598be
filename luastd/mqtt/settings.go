package mqtt

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/mqttclient"
	"moonlark/luastd/sockets"
	luaurl "moonlark/luastd/url"
	"moonlark/luastd/value"
)

// An address says where a broker is.
type address struct {
	scheme      string // "mqtt", "mqtts", "ws" or "wss"
	host        string
	port        uint16
	defaultPort uint16 // of the scheme
	path        string // of the URL, for WebSockets
	user        string
	password    string
}

// defaultPorts are the ports of the schemes.
var defaultPorts = map[string]uint16{"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}

// parseURL returns the address in a URL, such as mqtt://user:password@host:1883.
func parseURL(s string) (address, error) {
	if len(s) > 8<<10 {
		return address{}, fmt.Errorf("the URL has %d bytes; the maximum is %d", len(s), 8<<10)
	}
	u, err := url.Parse(s)
	if err != nil {
		return address{}, fmt.Errorf("the URL is wrong: %w", luaurl.Cause(err, s))
	}
	a := address{scheme: u.Scheme, host: u.Hostname(), defaultPort: defaultPorts[u.Scheme], path: u.RequestURI()}
	a.user = u.User.Username()
	a.password, _ = u.User.Password()
	a.port = a.defaultPort
	isWebSocket := strings.HasPrefix(a.scheme, "ws")
	switch {
	case a.defaultPort == 0:
		return address{}, errors.New("the URL must begin with mqtt://, mqtts://, ws:// or wss://")
	case a.host == "":
		return address{}, errors.New("the URL has no host")
	case !isWebSocket && (u.Path != "" && u.Path != "/" || u.RawQuery != ""):
		return address{}, fmt.Errorf("a URL with %s:// has only a host and a port", a.scheme)
	case u.Path == "" && isWebSocket:
		a.path = "/mqtt"
	}
	if digits := u.Port(); digits != "" {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || n == 0 {
			return address{}, fmt.Errorf("the port must be from 1 to 65535, not %s", value.Quote(digits))
		}
		a.port = uint16(n)
	}
	return a, nil
}

// at returns the host and the port.
func (a *address) at() string { return net.JoinHostPort(a.host, strconv.Itoa(int(a.port))) }

// shown returns the URL for messages: without the user, the password and the query.
func (a *address) shown() string {
	path, _, _ := strings.Cut(a.path, "?")
	if !strings.HasPrefix(a.scheme, "ws") {
		path = ""
	}
	return a.scheme + "://" + a.at() + path
}

// settings are the arguments of mqtt.connect. They never change.
type settings struct {
	address
	tls     *sockets.TLS
	options mqttclient.Options
	fake    luastd.FakeBroker // takes the place of the broker in a test of the script; nil otherwise
}

// key returns a text that is equal for settings that are equal, without the password.
func (s *settings) key() string {
	o := s.options
	secret := sha256.Sum256([]byte(o.Password))
	o.Password, s.password = "", ""
	will := ""
	if o.Will != nil {
		will = fmt.Sprintf("%+v", *o.Will)
	}
	o.Will = nil
	tls := ""
	if s.tls != nil {
		tls = fmt.Sprintf("%+v", *s.tls)
	}
	return fmt.Sprintf("%+v %+v %x %s %s", s.address, o, secret, will, tls)
}

var connectOptions = []string{
	"user", "password", "client_id", "keepalive", "version", "clean", "session", "will", "status", "tls", "max_message", "timeout",
}

// checkSettings returns the arguments of mqtt.connect. It raises an error if one of them is wrong.
func (m *module) checkSettings(L *lua.LState) *settings {
	s, n, known := new(settings), 2, connectOptions
	if L.Get(1).Type() == lua.LTTable {
		n, known = 1, append([]string{"url", "host", "port"}, connectOptions...)
	}
	o := value.CheckOptions(L, n, known...)
	t, isTable := o.Get("tls").(*lua.LTable)
	if v := o.Get("tls"); !isTable && v != lua.LNil && v != lua.LTrue && v != lua.LFalse {
		o.Raise("tls", "true or a table such as {ca = \"./ca.pem\"}", v)
	}
	isSecure := isTable || o.Get("tls") == lua.LTrue
	if n == 2 {
		s.address = checkURL(L, L.CheckString(1))
	} else {
		s.address = checkPlace(L, o, isSecure)
	}
	switch {
	case s.scheme == "mqtts" || s.scheme == "wss":
		var err error
		if s.tls, err = sockets.ParseTLSFields(t); err != nil {
			L.ArgError(n, err.Error())
		}
	case isSecure:
		L.ArgError(n, "tls needs a URL with mqtts:// or wss://, not "+s.scheme+"://")
	}
	s.setOptions(m, o, n)
	return s
}

func checkURL(L *lua.LState, text string) address {
	a, err := parseURL(text)
	if err != nil {
		L.RaiseError("mqtt.connect: %s", err)
	}
	return a
}

// checkPlace returns the address in the options url, or host and port.
func checkPlace(L *lua.LState, o value.Options, isSecure bool) address {
	host := o.String("host", "")
	switch text := o.String("url", ""); {
	case text != "" && host != "":
		L.ArgError(1, "url and host exclude each other")
	case text != "":
		return checkURL(L, text)
	case host == "":
		L.ArgError(1, "url or host is missing")
	}
	scheme := "mqtt"
	if isSecure {
		scheme = "mqtts"
	}
	port := uint16(o.Int("port", int(defaultPorts[scheme]), 1, 65535))
	return address{scheme: scheme, host: host, port: port, defaultPort: defaultPorts[scheme]}
}

// setOptions sets the options of argument n.
func (s *settings) setOptions(m *module, o value.Options, n int) {
	c := &s.options
	c.Host = s.at()
	c.User = o.String("user", s.user)
	c.Password = s.checkPassword(o)
	c.ClientID = o.String("client_id", "")
	if c.ClientID == "" {
		c.ClientID = m.ownID(c.Host)
	}
	for name, text := range map[string]string{"user": c.User, "password": c.Password, "client_id": c.ClientID} {
		checkArgument(o.L, n, name, mqttclient.CheckText(text))
	}
	c.KeepAlive = o.Seconds("keepalive", 30*time.Second, time.Second, maxTimeout).Truncate(time.Second)
	if v := o.Get("version"); v != lua.LNil && v != lua.LNumber(4) && v != lua.LNumber(5) {
		o.Raise("version", "5 or 4, which is MQTT 3.1.1", v)
	} else if v != lua.LNil {
		c.Version = int(v.(lua.LNumber))
	}
	session := o.Int("session", 0, 0, math.MaxInt32)
	if !o.Bool("clean", session == 0) {
		c.SessionExpiry = uint32(o.Int("session", 3600, 1, math.MaxInt32))
	} else if session > 0 {
		o.L.ArgError(n, "session needs clean = false")
	}
	c.MaxMessage = o.Int("max_message", 1<<20, 1, maxMessage)
	c.Timeout = o.Timeout("timeout", 10*time.Second, maxTimeout)
	s.setWill(o, n)
}

// checkPassword returns the option password, which may be a secret.
func (s *settings) checkPassword(o value.Options) string {
	if secret, ok := value.SecretOf(o.Get("password")); ok {
		value.Raise(o.L, secret.CheckHost(s.host, s.port))
		return secret.Text
	}
	return o.String("password", s.password)
}

// setWill sets the options will and status.
func (s *settings) setWill(o value.Options, n int) {
	c := &s.options
	if c.Status = o.String("status", ""); c.Status != "" {
		checkArgument(o.L, n, "status", mqttclient.CheckTopic(c.Status))
	}
	t, ok := o.Get("will").(*lua.LTable)
	switch v := o.Get("will"); {
	case v == lua.LNil:
		return
	case !ok:
		o.Raise("will", "a table such as {topic = \"status/kiosk\", payload = \"offline\"}", v)
	case c.Status != "":
		o.L.ArgError(n, "will and status exclude each other: status sends a will of its own")
	}
	if err := value.CheckFields(t, []string{"topic", "payload", "qos", "retain", "delay"}); err != nil {
		o.L.ArgError(n, "will: "+err.Error())
	}
	topic, _ := t.RawGetString("topic").(lua.LString)
	checkArgument(o.L, n, "the topic of will", mqttclient.CheckTopic(string(topic)))
	payload, err := payloadOf(t.RawGetString("payload"), s.host, s.port)
	checkArgument(o.L, n, "the payload of will", err)
	if len(payload) > 65535 {
		o.L.ArgError(n, "the payload of will has more than 65535 bytes")
	}
	will := &mqttclient.Message{Topic: string(topic), Payload: payload}
	switch qos := t.RawGetString("qos"); qos {
	case lua.LNil:
	case lua.LNumber(0), lua.LNumber(1), lua.LNumber(2):
		will.QoS = byte(qos.(lua.LNumber))
	default:
		o.L.ArgError(n, "will.qos must be 0, 1 or 2")
	}
	if will.Retain, err = value.OptionalBool(t, "retain"); err != nil {
		o.L.ArgError(n, "will."+err.Error())
	}
	if delay := t.RawGetString("delay"); delay != lua.LNil {
		d, ok := delay.(lua.LNumber)
		if !ok || !(d >= 0 && d <= 1<<31) {
			o.L.ArgError(n, "will.delay must be a number of seconds")
		}
		c.WillDelay = time.Duration(float64(d) * float64(time.Second))
	}
	c.Will = will
}
