// Package mqtt is the Lua module "mqtt": messages by way of an MQTT broker, and Home Assistant.
//
//	mqtt.connect(url [, options])        -> client; or nil, reason, code
//	mqtt.connect(options)                   the same, with the option url, or host and port
//	    user, password, client_id           text; the password may be a secret
//	    keepalive = 30                      seconds after which a silent connection is tested, 1 to 600
//	    version                             5 or 4 (MQTT 3.1.1); default: 5, and 4 if the broker knows only that
//	    clean = true, session = 3600        false: the broker keeps the session for so many seconds
//	    will = {topic, payload, qos, retain, delay}, status = "topic"
//	    tls, max_message = 1 MiB, timeout = 10
//	mqtt.match(filter, topic)            -> a list of what + and # stand for; or nil
//
//	client:publish(topic, payload [, options])  -> true [, "queued"]; or nil, reason, code
//	client:subscribe(filter [, options] [, fn]) -> subscription
//	client:request(topic, payload [, options])  -> message; or nil, reason, code
//	client:wait([timeout])                      -> true; or nil, reason, code
//	client:on("connect" or "disconnect", fn)
//	client:connected(), client:close(), client:home_assistant{...}
//	subscription:receive([timeout]), subscription:messages(), subscription:close()
//
// Package mqttclient has the goroutines. A client belongs to the script: it stays connected when
// the script is loaded again. In this package, everything runs on the executor's goroutine, except
// for the callbacks of a mqttclient.User and the connecting.
//
// Bounds: 4 clients of a script; 256 subscriptions of a client, with 1,000 messages or 4 MiB in
// the queue of each, which count in the luastd.Budget of the script: then the oldest are dropped
// and counted. 1,000 messages or 4 MiB wait to be sent: then publish returns "busy".
package mqtt

import (
	_ "embed"
	"log/slog"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/mqttclient"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "mqtt".
var Module = luastd.Module{
	Name: "mqtt", Open: open, Doc: doc, Manual: manual,
	Needs: []permit.Kind{permit.Net}, Need: need, NeedFunctions: []string{"connect"}, Tab: &tab,
}

const (
	maxClients       = 4
	maxSubscriptions = 256
	// maximal number of subscriptions of a script that have a function. Each of them has a task, which
	// counts among the tasks of the script that can wait at the same time (256).
	maxFunctions = 128
	maxMessage   = 16 << 20 // maximal length of a message, in bytes
	maxTimeout   = 600 * time.Second
)

// A module is the module of one Lua state.
type module struct {
	rt            luastd.Runtime
	set           *sockets.Set
	unnamed       map[string]int // number of clients without an option client_id, by host
	clients       *lua.LTable    // the metatable of clients
	subscriptions *lua.LTable    // the metatable of subscriptions
	homes         *lua.LTable    // the metatable of devices of Home Assistant
	entities      *lua.LTable    // the metatable of entities of Home Assistant
	functions     int            // number of subscriptions that have a function
	warned        bool           // the log has sockets.InsecureWarning
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, set: sockets.NewSet(rt, maxClients), unnamed: make(map[string]int)}
	m.clients = m.clientMetatable(L)
	m.subscriptions = m.subscriptionMetatable(L)
	m.homes = m.homeMetatable(L)
	m.entities = m.entityMetatable(L)
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"connect": m.connect, "match": match})
	return t
}

// need returns the error of a call of mqtt.connect with this URL, if b lacks the permission for it.
func need(b *permit.Broker, _, url string, known bool) error {
	if !known {
		return b.CheckAnyHost()
	}
	a, err := parseURL(url)
	if err != nil {
		return err
	}
	return b.CheckHost(a.host, a.port, a.defaultPort)
}

// match is the Lua function mqtt.match.
func match(L *lua.LState) int {
	filter, topic := L.CheckString(1), L.CheckString(2)
	checkArgument(L, 1, "the filter", mqttclient.CheckFilter(filter))
	checkArgument(L, 2, "the topic", mqttclient.CheckTopic(topic))
	levels, ok := mqttclient.Match(filter, topic)
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(textList(L, levels))
	return 1
}

// checkArgument raises err, if it is not nil, as the error of argument n. what names the argument.
func checkArgument(L *lua.LState, n int, what string, err error) {
	if err != nil {
		L.ArgError(n, what+" is wrong: "+err.Error())
	}
}

func textList(L *lua.LState, texts []string) *lua.LTable {
	list := L.CreateTable(len(texts), 0)
	for _, text := range texts {
		list.Append(lua.LString(text))
	}
	return list
}

// connect is the Lua function mqtt.connect.
func (m *module) connect(L *lua.LState) int {
	s := m.checkSettings(L)
	if fakes := m.rt.Fakes(); fakes != nil {
		s.fake = fakes.MQTT(s.shown())
	}
	if s.fake == nil {
		if err := m.rt.Permit().CheckHost(s.host, s.port, s.defaultPort); err != nil {
			L.RaiseError("mqtt.connect: %s", err)
		}
	}
	if s.tls != nil && s.tls.Insecure && !m.warned {
		m.warned = true
		m.rt.Log(slog.LevelWarn, "mqtt: "+sockets.InsecureWarning)
	}
	slot := m.set.Reserve()
	if slot == nil {
		L.RaiseError("mqtt.connect: %d clients are open: use one client for all topics", maxClients)
	}
	c := newClient(m, s, slot)
	if err := c.claim(); err != nil {
		slot.Release()
		L.RaiseError("mqtt.connect: %s", err)
	}
	if c.failure != nil {
		f := c.failure
		c.close()
		return f.Push(L)
	}
	L.Push(&lua.LUserData{Value: c, Env: L.Env, Metatable: m.clients})
	return 1
}

// oneLine returns text without line ends, for names in messages.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
