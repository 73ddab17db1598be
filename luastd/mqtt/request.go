package mqtt

import (
	"crypto/rand"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/mqttclient"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// replies are the answers to the requests of a client. Only the executor's goroutine uses them.
type replies struct {
	topic   string
	waiting map[string]func(mqttclient.Received) // by correlation
}

// request is the Lua method client:request.
func (m *module) request(L *lua.LState) int {
	c := checkClient(L)
	m.checkLoaded(L, "client:request")
	message, o := c.checkMessage(L, "timeout")
	timeout := m.rt.WaitLimit(o.Timeout("timeout", c.s.options.Timeout, maxTimeout))
	if f := c.status(); f != nil {
		return f.Push(L)
	}
	switch event, f := c.session.State(); {
	case !event.Connected && f != nil:
		return value.PushFailure(L, "offline", "there is no connection to %s now: %s", c.s.at(), f.Text)
	case !event.Connected:
		return value.PushFailure(L, "offline", "there is no connection to %s now", c.s.at())
	case event.Version != 5:
		return value.PushFailure(L, "unsupported", "%s speaks only MQTT 3.1.1, which has no requests", c.s.at())
	}
	if c.reply == nil {
		c.openReplies(L)
	}
	message.ResponseTopic, message.Correlation = c.reply.topic, rand.Text()
	defer delete(c.reply.waiting, message.Correlation)
	var answer mqttclient.Received
	answered, failure, wakeTask := false, (*sockets.Failure)(nil), func() {}
	c.reply.waiting[message.Correlation] = func(msg mqttclient.Received) {
		answer, answered = msg, true
		wakeTask()
	}
	if _, f := c.publish(message, nil); f != nil {
		return f.Push(L)
	}
	m.wait(L, c.s.fake != nil, timeout, func() bool {
		failure = c.status()
		return answered || failure != nil
	}, func(wake func()) func() {
		wakeTask = wake
		_, count, _ := c.events()
		return c.onEvent(count, wake)
	})
	switch {
	case answered:
		L.Push(c.messageTable(L, answer))
		return 1
	case failure != nil:
		return failure.Push(L)
	}
	return value.PushFailure(L, "timeout", "no answer to %s in %s", message.Topic, sockets.Seconds(timeout))
}

// openReplies subscribes to the topic of the answers.
func (c *client) openReplies(L *lua.LState) {
	c.reply = &replies{topic: "moonlark/reply/" + topicName(c.s.options.ClientID), waiting: make(map[string]func(mqttclient.Received))}
	s := &subscription{c: c, filters: []string{c.reply.topic}, options: mqttclient.SubscribeOptions{QoS: 1}}
	s.internal = func(_ *lua.LState, msg mqttclient.Received) {
		if take := c.reply.waiting[msg.Correlation]; take != nil {
			take(msg)
		}
	}
	if err := c.add(L, s); err != nil {
		c.reply = nil
		L.RaiseError("client:request: %s", err)
	}
}

// replyTo is the Lua method msg:reply.
func (c *client) replyTo(L *lua.LState) int {
	t := checkReceived(L, "msg:reply(payload)")
	c.m.checkLoaded(L, "msg:reply")
	topic, _ := t.RawGetString("response_topic").(lua.LString)
	correlation, _ := t.RawGetString("correlation").(lua.LString)
	payload, err := payloadOf(L.Get(2), c.s.host, c.s.port)
	if err != nil {
		L.ArgError(2, err.Error())
	}
	if mqttclient.CheckTopic(string(topic)) != nil {
		return value.PushFailure(L, "unsupported", "the message does not ask for a reply")
	}
	message := &mqttclient.Message{Topic: string(topic), Payload: payload, Correlation: string(correlation)}
	if qos, ok := t.RawGetString("qos").(lua.LNumber); ok && qos > 0 {
		message.QoS = 1
	}
	return c.send(L, message)
}
