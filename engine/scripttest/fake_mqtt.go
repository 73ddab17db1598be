package scripttest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/mqttclient"
	"moonlark/luastd/value"
)

// A fakeBroker takes the place of an MQTT broker. Any goroutine may use it.
type fakeBroker struct {
	t    *testRun
	host string // what the URL of the broker must contain; "" for all brokers

	mu        sync.Mutex // guards the fields below
	published []record
	clients   map[int]func(luastd.FakeMessage) // the connected clients
	last      int                              // the last key of clients
}

// maxPublished is the maximal number of messages that a fake broker records.
const maxPublished = 10000

// Published implements luastd.FakeBroker.
func (b *fakeBroker) Published(m luastd.FakeMessage) {
	qos, _ := json.Marshal(m.QoS)
	retain, _ := json.Marshal(m.Retained)
	r := record{"topic": m.Topic, "payload": m.Payload, "qos": json.RawMessage(qos), "retain": json.RawMessage(retain)}
	if json.Valid([]byte(m.Payload)) {
		r["json"] = json.RawMessage(m.Payload)
	}
	if m.ResponseTopic != "" {
		r["response_topic"], r["correlation"] = m.ResponseTopic, m.Correlation
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.published) < maxPublished {
		b.published = append(b.published, r)
	}
}

// Connect implements luastd.FakeBroker.
func (b *fakeBroker) Connect(deliver func(luastd.FakeMessage)) (disconnect func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	key := b.last
	b.clients[key] = deliver
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.clients, key)
	}
}

// send gives a message to all connected clients. It returns false if there are none.
func (b *fakeBroker) send(m luastd.FakeMessage) bool {
	b.mu.Lock()
	clients := make([]func(luastd.FakeMessage), 0, len(b.clients))
	for _, deliver := range b.clients {
		clients = append(clients, deliver)
	}
	b.mu.Unlock()
	for _, deliver := range clients {
		deliver(m)
	}
	return len(clients) > 0
}

func (b *fakeBroker) calls() []record {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]record(nil), b.published...)
}

func (b *fakeBroker) String() string { return "fake of the MQTT broker " + b.host }

// MQTT implements luastd.Fakes. The fake that was made last has priority.
func (f *fakes) MQTT(url string) luastd.FakeBroker {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.brokers) - 1; i >= 0; i-- {
		if b := f.brokers[i]; strings.Contains(url, b.host) {
			return b
		}
	}
	return nil
}

// mqtt is the Lua function t.mqtt.
func (f *testFile) mqtt(L *lua.LState, t *testRun) int {
	b := &fakeBroker{t: t, host: L.OptString(1, ""), clients: make(map[int]func(luastd.FakeMessage))}
	t.fakes.mu.Lock()
	t.fakes.brokers = append(t.fakes.brokers, b)
	t.fakes.mu.Unlock()
	return f.pushRecorder(L, b)
}

var errNoClient = errors.New("no client of the script is connected to the broker")

// deliver is the Lua method deliver of a fake broker.
func (f *testFile) deliver(L *lua.LState) int {
	b, ok := value.CheckHandle[recorder](L, "a fake", "broker:deliver(topic, payload)").(*fakeBroker)
	if !ok {
		L.ArgError(1, "a broker expected: only t.mqtt() delivers messages")
	}
	m := luastd.FakeMessage{Topic: L.CheckString(2)}
	if err := mqttclient.CheckTopic(m.Topic); err != nil {
		L.ArgError(2, "the topic is wrong: "+err.Error())
	}
	switch v := L.Get(3).(type) {
	case *lua.LTable:
		text, err := value.Append(nil, v, value.MaxJSON)
		if err != nil {
			L.ArgError(3, err.Error())
		}
		m.Payload = string(text)
	case *lua.LNilType:
	case lua.LString, lua.LNumber, lua.LBool:
		m.Payload = v.String()
	default:
		L.ArgError(3, "a string, a number, a boolean or a table expected, got "+value.TypeName(v))
	}
	o := value.CheckOptions(L, 4, "qos", "retained", "response_topic", "correlation")
	m.QoS, m.Retained = byte(o.Int("qos", 0, 0, 2)), o.Bool("retained", false)
	m.ResponseTopic, m.Correlation = o.String("response_topic", ""), o.String("correlation", "")
	f.withScript(L, b.t, func(ctx context.Context, s *subject) error {
		if !b.send(m) {
			return errNoClient
		}
		return s.scripts.AwaitRest(ctx)
	})
	return 0
}
