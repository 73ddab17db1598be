package mqtt

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/mqttclient"
	"moonlark/luastd/value"
)

// An entity is an entity of a device. Only the executor's goroutine uses it.
type entity struct {
	h          *home
	id         string
	platform   string
	kind       kind
	config     map[string]any // as Home Assistant wants it
	options    []string       // of a select, or the types of an event
	colorMode  string         // of a light
	onCommand  *lua.LFunction // nil if there is none
	state      json.RawMessage
	attributes string // JSON; "" before the first
	handle     *lua.LUserData
}

// A stateKind says how an entity tells its state.
type stateKind int

const (
	noState     stateKind = iota
	sharedState           // as a field of the topic of the device
	ownState              // with a topic of its own
	eventState            // with a topic of its own, which the broker does not keep
)

// A kind is a kind of entity.
type kind struct {
	fields   []string // that a script can set, besides commonFields
	state    stateKind
	handler  string // the field for the function that gets commands; "" if there are none
	encode   func(e *entity, L *lua.LState, v lua.LValue) (json.RawMessage, error)
	decode   func(e *entity, L *lua.LState, payload string) (lua.LValue, error)
	complete func(e *entity, L *lua.LState) // adds what is particular to the kind
}

// kinds are the kinds of entities that have a method of their own, by the name of the platform.
var kinds = map[string]kind{
	"sensor":        {fields: []string{"unit", "class", "state_class", "expire", "precision"}, state: sharedState, encode: encodeAny},
	"binary_sensor": {fields: []string{"class", "expire"}, state: sharedState, encode: encodeOnOff},
	"switch":        {fields: []string{"class"}, state: sharedState, handler: "on_command", encode: encodeOnOff, decode: decodeOnOff},
	"light":         {fields: []string{"brightness", "color"}, state: ownState, handler: "on_command", encode: encodeLight, decode: decodeLight, complete: completeLight},
	"button":        {fields: []string{"class"}, handler: "on_press", decode: decodeNothing},
	"number":        {fields: []string{"min", "max", "step", "unit", "class", "mode"}, state: sharedState, handler: "on_command", encode: encodeNumber, decode: decodeNumber},
	"select":        {fields: []string{"options"}, state: sharedState, handler: "on_command", encode: encodeOption, decode: decodeOption, complete: completeSelect},
	"text":          {fields: []string{"min", "max", "pattern", "mode"}, state: sharedState, handler: "on_command", encode: encodeText, decode: decodeText},
	"event":         {fields: []string{"class", "events"}, state: eventState, complete: completeEvent},
}

// rawKind is the kind of the entities that home:entity makes.
var rawKind = kind{state: sharedState, handler: "on_command", encode: encodeAny, decode: decodeText}

// commonFields are the fields that all kinds have.
var commonFields = []string{"id", "name", "icon", "category"}

// A field says how a field of a script is called in the discovery.
type field struct {
	name string
	want lua.LValueType
}

var fields = map[string]field{
	"name": {"name", lua.LTString}, "icon": {"icon", lua.LTString}, "category": {"entity_category", lua.LTString},
	"unit": {"unit_of_measurement", lua.LTString}, "class": {"device_class", lua.LTString}, "state_class": {"state_class", lua.LTString},
	"expire": {"expire_after", lua.LTNumber}, "precision": {"suggested_display_precision", lua.LTNumber},
	"min": {"min", lua.LTNumber}, "max": {"max", lua.LTNumber}, "step": {"step", lua.LTNumber}, "mode": {"mode", lua.LTString},
	"pattern": {"pattern", lua.LTString}, "options": {"options", lua.LTTable}, "events": {"event_types", lua.LTTable},
	"brightness": {"", lua.LTBool}, "color": {"", lua.LTBool},
}

// newEntity is the Lua method of a device for entities of this platform.
func (m *module) newEntity(L *lua.LState, platform string) int {
	h := checkHome(L)
	k := kinds[platform]
	known := append(slices.Clone(commonFields), k.fields...)
	if k.handler != "" {
		known = append(known, k.handler)
	}
	if L.Get(2).Type() != lua.LTTable {
		L.ArgError(2, `a table expected, such as {id = "temperature"}`)
	}
	o := value.CheckOptions(L, 2, known...)
	e := &entity{h: h, id: o.String("id", ""), platform: platform, kind: k, config: make(map[string]any), state: json.RawMessage("null")}
	checkID(L, e.id)
	for _, name := range known {
		f, v := fields[name], o.Get(name)
		if f.name == "" || v == lua.LNil {
			continue
		}
		if v.Type() != f.want {
			o.Raise(name, "a "+f.want.String(), v)
		}
		text, err := value.Append(nil, v, 0)
		checkArgument(L, 2, name, err)
		e.config[f.name] = json.RawMessage(text)
	}
	if e.config["name"] == nil {
		e.config["name"] = e.id
	}
	e.setHandler(o)
	if k.complete != nil {
		k.complete(e, L)
	}
	return m.add(L, e)
}

// setHandler sets the function that gets commands.
func (e *entity) setHandler(o value.Options) {
	if e.kind.handler == "" {
		return
	}
	v := o.Get(e.kind.handler)
	fn, ok := v.(*lua.LFunction)
	if !ok && v != lua.LNil {
		o.Raise(e.kind.handler, "a function", v)
	}
	e.onCommand = fn
}

// rawEntity is the Lua method home:entity.
func (m *module) rawEntity(L *lua.LState) int {
	h, platform, t := checkHome(L), L.CheckString(2), L.CheckTable(3)
	if topicName(platform) != platform || platform == "" {
		L.ArgError(2, value.Quote(platform)+" is not the name of a platform, such as \"cover\"")
	}
	id, _ := t.RawGetString("id").(lua.LString)
	e := &entity{h: h, id: string(id), platform: platform, kind: rawKind, config: make(map[string]any), state: json.RawMessage("null")}
	if e.id == "" {
		L.ArgError(3, "id is missing")
	}
	checkID(L, e.id)
	t.ForEach(func(k, v lua.LValue) {
		name := k.String()
		if name == "id" || name == "on_command" {
			return
		}
		text, err := value.Append(nil, v, 0)
		checkArgument(L, 3, name, err)
		e.config[name] = json.RawMessage(text)
	})
	if fn, ok := t.RawGetString("on_command").(*lua.LFunction); ok {
		e.onCommand = fn
	}
	return m.add(L, e)
}

// add adds e to its device, and pushes it.
func (m *module) add(L *lua.LState, e *entity) int {
	h := e.h
	switch {
	case h.removed:
		L.RaiseError("home:%s: the device has been removed", e.platform)
	case h.byID[e.id] != nil:
		L.ArgError(2, "there is an entity with the id "+e.id+" already")
	case len(h.entities) >= maxEntities:
		L.RaiseError("home:%s: there are %d entities already", e.platform, maxEntities)
	}
	name, _ := h.device["name"].(string)
	defaults := map[string]any{
		"platform": e.platform, "unique_id": h.id + "_" + e.id, "default_entity_id": e.platform + "." + topicName(name+"_"+e.id),
	}
	switch e.kind.state {
	case sharedState:
		if e.config["state_topic"] == nil && e.platform != "scene" {
			defaults["state_topic"] = h.stateTopic()
			defaults["value_template"] = "{{ value_json['" + e.id + "'] }}"
			defaults["json_attributes_topic"] = e.attributesTopic()
		}
	case ownState:
		defaults["state_topic"], defaults["json_attributes_topic"] = e.topic("state"), e.attributesTopic()
	case eventState:
		defaults["state_topic"] = e.topic("event")
	}
	if e.kind.handler != "" && (e.onCommand != nil || e.platform != "" && kinds[e.platform].handler != "") {
		defaults["command_topic"] = e.topic("set")
	}
	maps.Copy(defaults, e.config)
	e.config = defaults
	h.entities = append(h.entities, e)
	h.byID[e.id] = e
	h.makeDue()
	e.handle = &lua.LUserData{Value: e, Env: L.Env, Metatable: m.entities}
	L.Push(e.handle)
	return 1
}

// topic returns a topic of e.
func (e *entity) topic(name string) string { return e.h.base() + "/" + e.id + "/" + name }

func (e *entity) attributesTopic() string { return e.topic("attributes") }

// ownTopics returns the topics of the entities that the broker keeps.
func (h *home) ownTopics() (topics []string) {
	for _, e := range h.entities {
		if e.kind.state == ownState {
			topics = append(topics, e.topic("state"))
		}
		if e.attributes != "" {
			topics = append(topics, e.attributesTopic())
		}
	}
	return topics
}

// publishOwn sends what e tells in topics of its own.
func (e *entity) publishOwn() {
	if e.kind.state == ownState && string(e.state) != "null" {
		e.h.publish(e.topic("state"), string(e.state), 0, true)
	}
	if e.attributes != "" {
		e.h.publish(e.attributesTopic(), e.attributes, 0, true)
	}
}

// command calls the function of e for a command of Home Assistant.
func (e *entity) command(L *lua.LState, payload string) {
	if e.onCommand == nil {
		return
	}
	arg, err := e.kind.decode(e, L, payload)
	if err != nil {
		e.h.c.m.warn("%s: a command was ignored: %s", e.topic("set"), err)
		return
	}
	name := "mqtt: " + e.kind.handler + " of " + e.id
	if arg == nil {
		e.h.c.call(L, name, e.onCommand, e.handle, nil)
	} else {
		e.h.c.call(L, name, e.onCommand, arg, nil, e.handle)
	}
}

// entityMetatable returns the metatable of entities.
func (m *module) entityMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "mqtt entity", map[string]lua.LGFunction{"set": setEntity, "fire": m.fire}, func(e *entity, name string) lua.LValue {
		if name == "id" {
			return lua.LString(e.id)
		}
		return lua.LNil
	})
}

// String returns the text of tostring.
func (e *entity) String() string { return fmt.Sprintf("mqtt %s %s", e.platform, e.id) }

// checkEntity returns argument 1, which must be an entity.
func checkEntity(L *lua.LState) *entity {
	return value.CheckHandle[*entity](L, "an entity", "entity:set(21.5)")
}

// setEntity is the Lua method entity:set.
func setEntity(L *lua.LState) int {
	e := checkEntity(L)
	if e.kind.encode == nil {
		L.RaiseError("entity:set: a %s has no state", e.platform)
	}
	state, attributes := json.RawMessage("null"), e.attributes
	if v := L.Get(2); !value.IsNone(v) {
		var err error
		if state, err = e.kind.encode(e, L, v); err != nil {
			L.ArgError(2, err.Error())
		}
	}
	if t := L.OptTable(3, nil); t != nil {
		text, err := value.Append(nil, t, 0)
		if err != nil {
			L.ArgError(3, err.Error())
		}
		attributes = string(text)
	}
	e.state, e.attributes = state, attributes
	if e.h.sent && !e.h.removed {
		if e.kind.state == sharedState {
			e.h.publishStates()
		}
		e.publishOwn()
	}
	L.Push(lua.LTrue)
	return 1
}

// fire is the Lua method entity:fire.
func (m *module) fire(L *lua.LState) int {
	e, event := checkEntity(L), L.CheckString(2)
	m.checkLoaded(L, "entity:fire")
	if e.kind.state != eventState {
		L.RaiseError("entity:fire: a %s has no events: use entity:set", e.platform)
	}
	if !slices.Contains(e.options, event) {
		L.ArgError(2, value.Quote(event)+" is not one of the events of "+e.id)
	}
	fields := make(map[string]json.RawMessage)
	if t := L.OptTable(3, nil); t != nil {
		text, err := value.Append(nil, t, 0)
		if err == nil {
			err = json.Unmarshal(text, &fields)
		}
		if err != nil {
			L.ArgError(3, "a table with names expected: "+err.Error())
		}
	}
	fields["event_type"], _ = json.Marshal(event)
	payload, _ := json.Marshal(fields) // it consists of JSON
	return e.h.c.send(L, &mqttclient.Message{Topic: e.topic("event"), Payload: string(payload)})
}
