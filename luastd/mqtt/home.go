package mqtt

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/version"
	"moonlark/luastd/mqttclient"
	"moonlark/luastd/value"
)

// A home is a device that a script shows in Home Assistant. One task tells Home Assistant which
// entities it has: when they change, when the client has connected, and when Home Assistant has
// started. Only the executor's goroutine uses it.
type home struct {
	c        *client
	id       string
	prefix   string         // of the topics of Home Assistant, such as "homeassistant"
	device   map[string]any // the device, as Home Assistant wants it
	entities []*entity
	byID     map[string]*entity
	// subscriptions are those to the commands and to the status of Home Assistant.
	subscriptions []*subscription

	removed  bool              // the script has removed the device
	gone     bool              // withdraw has been called
	due      bool              // the discovery must be sent
	sent     bool              // it has been sent in this connection
	seen     int               // how many events of the client the task has handled
	earlier  map[string]string // platforms of the components of an earlier discovery, by id
	asked    bool              // the broker has been asked for the earlier discovery
	wakeTask func()            // ends the wait of the task
}

const (
	maxHomes    = 16
	maxEntities = 256
)

// base is the beginning of the topics of the device.
func (h *home) base() string { return "moonlark/" + h.id }

// configTopic is the topic of the discovery.
func (h *home) configTopic() string { return h.prefix + "/device/" + h.id + "/config" }

// stateTopic is the topic of the states of all entities, except for those with topics of their own.
func (h *home) stateTopic() string { return h.base() + "/state" }

// homeAssistant is the Lua method client:home_assistant.
func (m *module) homeAssistant(L *lua.LState) int {
	c := checkClient(L)
	if L.Get(2).Type() != lua.LTTable {
		L.ArgError(2, `a table expected, such as {name = "Kitchen panel"}`)
	}
	o := value.CheckOptions(L, 2, "name", "id", "model", "manufacturer", "area", "prefix")
	name := o.String("name", "")
	if name == "" {
		L.ArgError(2, "name is missing")
	}
	h := &home{c: c, byID: make(map[string]*entity), earlier: make(map[string]string), prefix: o.String("prefix", "homeassistant")}
	h.id = o.String("id", topicName(c.s.options.ClientID)+"_"+topicName(name))
	checkArgument(L, 2, "prefix", mqttclient.CheckTopic(h.prefix))
	checkID(L, h.id)
	switch {
	case c.homes[h.id] != nil:
		L.ArgError(2, "there is a device with the id "+h.id+" already")
	case len(c.homes) >= maxHomes:
		L.RaiseError("client:home_assistant: there are %d devices already", maxHomes)
	}
	h.device = map[string]any{"identifiers": []string{h.id}, "name": name, "sw_version": version.Version()}
	for option, field := range map[string]string{"model": "model", "manufacturer": "manufacturer", "area": "suggested_area"} {
		if text := o.String(option, ""); text != "" {
			h.device[field] = text
		}
	}
	c.homes[h.id] = h
	h.subscribe(L)
	m.spawn(L, "client:home_assistant", func(L *lua.LState) int {
		h.run(L)
		return 0
	})
	L.Push(&lua.LUserData{Value: h, Env: L.Env, Metatable: m.homes})
	return 1
}

// checkID raises an error unless id can be the id of a device or an entity.
func checkID(L *lua.LState, id string) {
	for _, r := range id {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-') {
			L.ArgError(2, "the id "+value.Quote(id)+" may have only letters, digits, _ and -")
		}
	}
	if id == "" || len(id) > 100 {
		L.ArgError(2, "id is missing, or has more than 100 characters")
	}
}

// subscribe subscribes to the commands, and to the message that Home Assistant has started.
func (h *home) subscribe(L *lua.LState) {
	commands := &subscription{c: h.c, filters: []string{h.base() + "/+/set"}, options: mqttclient.SubscribeOptions{QoS: 1}}
	commands.internal = func(L *lua.LState, msg mqttclient.Received) {
		if e := h.byID[msg.Levels[0]]; e != nil && !msg.Retain && !h.removed {
			e.command(L, msg.Payload)
		}
	}
	status := &subscription{c: h.c, filters: []string{h.prefix + "/status"}}
	status.internal = func(L *lua.LState, msg mqttclient.Received) {
		if msg.Payload == "online" {
			h.c.m.sleep(L, time.Second+rand.N(4*time.Second)) // so that not all devices send at the same time
			h.makeDue()
		}
	}
	h.subscriptions = []*subscription{commands, status}
	for _, s := range h.subscriptions {
		if err := h.c.add(L, s); err != nil {
			L.RaiseError("client:home_assistant: %s", err)
		}
	}
}

// makeDue makes the task send the discovery.
func (h *home) makeDue() {
	h.due = true
	if h.wakeTask != nil {
		h.wakeTask()
	}
}

// run is the task of the device.
func (h *home) run(L *lua.LState) {
	for {
		closed := false
		h.c.m.wait(L, h.c.s.fake != nil, -1, func() bool {
			last, count, isClosed := h.c.events()
			closed = isClosed
			if count > h.seen {
				h.seen, h.sent = count, false
			}
			return closed || h.gone || last.Connected && (h.removed || h.due || !h.sent)
		}, func(wake func()) func() {
			h.wakeTask = wake
			return h.c.onEvent(h.seen, wake)
		})
		switch {
		case closed || h.gone:
			return
		case h.removed: // while there was no connection
			h.withdraw()
			return
		}
		h.announce(L)
	}
}

// settleTime is how long the task waits before it sends the discovery, so that entities that are
// declared at the same time are in one message.
const settleTime = 20 * time.Millisecond

// announce sends the discovery and the states.
func (h *home) announce(L *lua.LState) {
	h.c.m.sleep(L, settleTime)
	h.ask(L)
	if h.removed || h.c.status() != nil {
		return
	}
	h.due, h.sent = false, true
	if withdrawn := h.withdrawn(); len(withdrawn) > 0 {
		h.publish(h.configTopic(), h.config(withdrawn), 1, true)
	}
	h.publish(h.configTopic(), h.config(nil), 1, true)
	h.publishStates()
	for _, e := range h.entities {
		e.publishOwn()
	}
}

// askTime is how long the broker may take to answer which components it knows.
const askTime = time.Second

// ask finds out which components an earlier copy of the script has declared: the broker has kept
// its discovery.
func (h *home) ask(L *lua.LState) {
	if h.asked || h.c.s.fake != nil {
		return
	}
	h.asked = true
	s := &subscription{c: h.c, filters: []string{h.configTopic()}, options: mqttclient.SubscribeOptions{QoS: 0, Retained: true, NoLocal: true}}
	if h.c.add(L, s) != nil {
		return
	}
	defer s.close()
	msg, ok, _ := s.next(L, askTime, false)
	if !ok {
		return
	}
	var config struct {
		Components map[string]struct {
			Platform string `json:"platform"`
		} `json:"components"`
	}
	if json.Unmarshal([]byte(msg.Payload), &config) != nil || len(config.Components) > 1000 {
		return
	}
	for id, component := range config.Components {
		h.earlier[id] = component.Platform
	}
}

// withdrawn returns the platforms of the components that exist no more, by their ids.
func (h *home) withdrawn() map[string]string {
	gone := make(map[string]string)
	for id, platform := range h.earlier {
		if e := h.byID[id]; e == nil || e.platform != platform {
			gone[id] = platform
		}
	}
	clear(h.earlier)
	return gone
}

// config returns the discovery. The components in withdrawn have only a platform, so that Home
// Assistant removes them.
func (h *home) config(withdrawn map[string]string) string {
	components := make(map[string]any)
	for _, e := range h.entities {
		components[e.id] = e.config
	}
	for id, platform := range withdrawn {
		components[id] = map[string]any{"platform": platform}
	}
	config := map[string]any{
		"device": h.device, "origin": map[string]any{"name": "Moonlark", "sw_version": version.Version()}, "components": components,
	}
	if topic := h.c.s.options.Status; topic != "" {
		config["availability_topic"] = topic
	}
	text, _ := json.Marshal(config) // it consists of maps, texts and JSON
	return string(text)
}

// publishStates sends the states of all entities that share a topic.
func (h *home) publishStates() {
	states := make(map[string]json.RawMessage)
	for _, e := range h.entities {
		if e.kind.state == sharedState {
			states[e.id] = e.state
		}
	}
	if len(states) > 0 {
		text, _ := json.Marshal(states) // it consists of JSON
		h.publish(h.stateTopic(), string(text), 0, true)
	}
}

// publish sends a message if there is a connection. The states are sent again when there is one.
func (h *home) publish(topic, payload string, qos byte, retain bool) {
	if h.c.status() == nil && h.c.isConnected() {
		h.c.publish(&mqttclient.Message{Topic: topic, Payload: payload, QoS: qos, Retain: retain}, nil)
	}
}

// homeMetatable returns the metatable of devices.
func (m *module) homeMetatable(L *lua.LState) *lua.LTable {
	methods := map[string]lua.LGFunction{
		"entity": m.rawEntity,
		"remove": func(L *lua.LState) int {
			checkHome(L).remove()
			L.Push(lua.LTrue)
			return 1
		},
	}
	for platform := range kinds {
		methods[platform] = func(L *lua.LState) int { return m.newEntity(L, platform) }
	}
	return value.HandleMetatable(L, "mqtt device", methods, func(h *home, name string) lua.LValue {
		if name == "id" {
			return lua.LString(h.id)
		}
		return lua.LNil
	})
}

// String returns the text of tostring.
func (h *home) String() string { return fmt.Sprintf("mqtt device %s", h.id) }

// checkHome returns argument 1, which must be a device.
func checkHome(L *lua.LState) *home {
	return value.CheckHandle[*home](L, "a device", `home:sensor{id = "temperature"}`)
}

// remove makes Home Assistant forget the device, now or when there is a connection.
func (h *home) remove() {
	if h.removed {
		return
	}
	h.removed = true
	delete(h.c.homes, h.id)
	for _, s := range h.subscriptions {
		s.close()
	}
	if h.c.isConnected() {
		h.withdraw()
	}
	h.makeDue()
}

// withdraw removes what the broker keeps of the device, unless another device has its id now.
func (h *home) withdraw() {
	h.gone = true
	if h.c.homes[h.id] != nil {
		return
	}
	for _, topic := range append(h.ownTopics(), h.configTopic(), h.stateTopic()) {
		h.publish(topic, "", 1, true)
	}
}
