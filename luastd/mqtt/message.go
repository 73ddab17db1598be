package mqtt

import (
	"errors"
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/luastd"
	"moonlark/luastd/mqttclient"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

func (m *module) checkLoaded(L *lua.LState, name string) { luastd.CheckLoaded(L, m.rt, name) }

// payloadOf returns the payload for a Lua value: a string, a number or a boolean as text, a table as
// JSON, nil as nothing. A secret must be for this host and port.
func payloadOf(v lua.LValue, host string, port uint16) (string, error) {
	if secret, ok := value.SecretOf(v); ok {
		return secret.Text, secret.CheckHost(host, port)
	}
	switch v := v.(type) {
	case lua.LString:
		return string(v), nil
	case lua.LNumber, lua.LBool:
		return v.String(), nil
	case *lua.LTable:
		text, err := value.Append(nil, v, 0)
		return string(text), err
	}
	if value.IsNone(v) {
		return "", nil
	}
	return "", fmt.Errorf("want a string, a number, a boolean or a table, got %s", value.TypeName(v))
}

var publishOptions = []string{"qos", "retain", "expiry", "content_type", "response_topic", "correlation", "user"}

// checkMessage returns the message in the arguments 2 to 4: topic, payload and options, which may
// also have the options in more.
func (c *client) checkMessage(L *lua.LState, more ...string) (*mqttclient.Message, value.Options) {
	topic := L.CheckString(2)
	checkArgument(L, 2, "the topic "+value.Quote(topic), mqttclient.CheckTopic(topic))
	payload, err := payloadOf(L.Get(3), c.s.host, c.s.port)
	if err != nil {
		L.ArgError(3, err.Error())
	}
	if len(payload) > maxMessage {
		L.ArgError(3, fmt.Sprintf("the payload has %d bytes; the maximum is %d", len(payload), maxMessage))
	}
	o := value.CheckOptions(L, 4, append(more, publishOptions...)...)
	m := &mqttclient.Message{
		Topic: topic, Payload: payload, QoS: byte(o.Int("qos", 0, 0, 2)), Retain: o.Bool("retain", false), Expiry: uint32(o.Int("expiry", 0, 0, math.MaxInt32)),
		ContentType: o.String("content_type", ""), ResponseTopic: o.String("response_topic", ""), Correlation: o.String("correlation", ""),
	}
	checkArgument(L, 4, "content_type", mqttclient.CheckText(m.ContentType))
	if m.ResponseTopic != "" {
		checkArgument(L, 4, "response_topic", mqttclient.CheckTopic(m.ResponseTopic))
	}
	if len(m.Correlation) > 65535 {
		L.ArgError(4, "correlation has more than 65535 bytes")
	}
	m.User = userProperties(o)
	return m, o
}

// userProperties returns the option user, a table of texts by name.
func userProperties(o value.Options) (pairs [][2]string) {
	t, ok := o.Get("user").(*lua.LTable)
	if v := o.Get("user"); !ok && v != lua.LNil {
		o.Raise("user", "a table of strings by name", v)
	}
	if t == nil {
		return nil
	}
	t.ForEach(func(k, v lua.LValue) {
		text, isText := v.(lua.LString)
		if number, ok := v.(lua.LNumber); ok {
			text, isText = lua.LString(number.String()), true
		}
		if k.Type() != lua.LTString || !isText || len(pairs) >= 100 || mqttclient.CheckText(k.String()) != nil || mqttclient.CheckText(string(text)) != nil {
			o.L.ArgError(4, "user must be a table of at most 100 strings by name")
		}
		pairs = append(pairs, [2]string{k.String(), string(text)})
	})
	return pairs
}

// publish is the Lua method client:publish.
func (m *module) publish(L *lua.LState) int {
	c := checkClient(L)
	m.checkLoaded(L, "client:publish")
	message, _ := c.checkMessage(L)
	return c.send(L, message)
}

// send publishes a message, and waits until the broker has it if its QoS is 1 or 2. It pushes the
// results.
func (c *client) send(L *lua.LState, message *mqttclient.Message) int {
	if c.failure != nil {
		return c.failure.Push(L)
	}
	if c.session == nil { // Use has not been called, because the client was closed before
		return errClosed.Push(L)
	}
	if message.QoS == 0 {
		if _, f := c.publish(message, nil); f != nil {
			return f.Push(L)
		}
		L.Push(lua.LTrue)
		return 1
	}
	return c.sendSafely(L, message)
}

// errQueued says that there is no connection, so that the message waits for one.
var errQueued = errors.New("queued")

// sendSafely publishes a message with QoS 1 or 2.
func (c *client) sendSafely(L *lua.LState, message *mqttclient.Message) int {
	timeout := c.m.rt.WaitLimit(c.s.options.Timeout)
	var timer clock.Timer
	defer func() { timer.Stop() }()
	err, _ := c.m.rt.Await(L, func(done func(any)) func() {
		finish := func(f *sockets.Failure) {
			if f == nil {
				done(nil)
			} else {
				done(f)
			}
		}
		switch queued, f := c.publish(message, finish); {
		case f != nil:
			done(f)
		case queued:
			done(errQueued)
		}
		timer = c.m.rt.AfterFunc(timeout, func() {
			done(sockets.Fail("timeout", "no answer from %s in %s; the message is sent again", c.s.at(), sockets.Seconds(timeout)))
		})
		return nil
	}).(error)
	var f *sockets.Failure
	if errors.As(err, &f) {
		return f.Push(L)
	}
	L.Push(lua.LTrue)
	if err == errQueued {
		L.Push(lua.LString("queued"))
		return 2
	}
	return 1
}

// messageMetatable returns the metatable of the messages of c.
func (c *client) messageMetatable(L *lua.LState) *lua.LTable {
	methods := L.CreateTable(0, 2)
	value.SetFunctions(L, methods, map[string]lua.LGFunction{
		"json": func(L *lua.LState) int {
			payload, _ := checkReceived(L, "msg:json()").RawGetString("payload").(lua.LString)
			v, err := value.ParseString(L, string(payload))
			if err != nil {
				return value.PushFailure(L, "invalid", "the payload is not JSON: %s", err)
			}
			L.Push(v)
			return 1
		},
		"reply": c.replyTo,
	})
	meta := L.CreateTable(0, 2)
	meta.RawSetString("__index", methods)
	meta.RawSetString("__metatable", lua.LString("mqtt message"))
	return meta
}

// checkReceived returns argument 1, which must be a message.
func checkReceived(L *lua.LState, usage string) *lua.LTable {
	t, ok := L.Get(1).(*lua.LTable)
	if !ok {
		L.ArgError(1, "a message expected: use a colon, as in "+usage)
	}
	return t
}

// messageTable returns the Lua table for a message.
func (c *client) messageTable(L *lua.LState, msg mqttclient.Received) *lua.LTable {
	c.show("in", msg.Message)
	t := L.CreateTable(0, 8)
	t.RawSetString("topic", lua.LString(msg.Topic))
	t.RawSetString("payload", lua.LString(msg.Payload))
	t.RawSetString("qos", lua.LNumber(msg.QoS))
	t.RawSetString("retained", lua.LBool(msg.Retain))
	t.RawSetString("levels", textList(L, msg.Levels))
	for name, text := range map[string]string{"content_type": msg.ContentType, "response_topic": msg.ResponseTopic, "correlation": msg.Correlation} {
		if text != "" {
			t.RawSetString(name, lua.LString(text))
		}
	}
	user := L.CreateTable(0, len(msg.User))
	for _, pair := range msg.User {
		user.RawSetString(pair[0], lua.LString(pair[1]))
	}
	t.RawSetString("user", user)
	if c.messages == nil {
		c.messages = c.messageMetatable(L)
	}
	t.Metatable = c.messages
	return t
}
