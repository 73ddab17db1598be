package mqtt_test

import (
	"strings"
	"testing"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

var noReplacement = strings.NewReplacer()

func TestMessagesGoBothWays(t *testing.T) {
	b := startBroker(t)
	s := openScript(t, b, `
		client = mqtt.connect("mqtt://127.0.0.1:PORT", {client_id = "one"})
		client:subscribe("home/+/temperature", {qos = 1}, function(msg)
			print(msg.topic, msg.payload, msg.qos, msg.retained, msg.levels[1])
		end)
		client:on("connect", function(info) print("connected " .. info.version .. " " .. tostring(info.resumed)) end)`)
	waitFor(t, s, "connected 5 false\n")
	heard := subscribe(t, b, "-t", "out/#", "-v", "-q", "1")
	publish(t, b, "-t", "home/kitchen/temperature", "-m", "21", "-q", "1")
	waitFor(t, s, "home/kitchen/temperature\t21\t1\tfalse\tkitchen\n")
	s.Check(noReplacement, []luastdtest.Row{
		{"the client", `return client, client.id, client:connected(), client:wait()`, "mqtt client mqtt://127.0.0.1:" + b.Port + " (connected), one, true, true"},
		{"a text", `return client:publish("out/a", "hello")`, "true"},
		{"QoS 1", `return client:publish("out/b", 21.5, {qos = 1})`, "true"},
		{"QoS 2", `return client:publish("out/c", true, {qos = 2})`, "true"},
		{"a table", `return client:publish("out/d", {x = {1, 2}}, {qos = 1})`, "true"},
		{"nothing, which removes a message that the broker keeps", `return client:publish("out/e", nil, {retain = true, qos = 1})`, "true"},
	})
	testkit.Until(t, "all messages", func() bool { return strings.Count(heard.String(), "\n") >= 5 })
	if got, want := heard.String(), "out/a hello\nout/b 21.5\nout/c true\nout/d {\"x\":[1,2]}\nout/e (null)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Check(noReplacement, []luastdtest.Row{
		{"close", `return client:close(), client:close(), client:connected(), client`, "true, true, false, mqtt client mqtt://127.0.0.1:" + b.Port + " (closed)"},
		{"publish after close", `return client:publish("a", "b")`, "nil, closed: the script has closed the client, closed"},
	})
	waitLog(t, b, "Received DISCONNECT from one", 1)
}

func TestReceive(t *testing.T) {
	b := startBroker(t)
	s := openScript(t, b, `client = mqtt.connect{host = "127.0.0.1", port = PORT}`)
	s.Check(noReplacement, []luastdtest.Row{
		{"connected", `return client:wait(30)`, "true"},
		{"a kept message", `client:publish("kept", {a = 1}, {retain = true, qos = 1, content_type = "application/json", user = {lang = "de"}})
			sub = client:subscribe({"kept", "other/#"})
			local m = sub:receive(30) return m.retained, m:json().a, m.content_type, m.user.lang, m.levels[1]`, "true, 1, application/json, de, nil"},
		{"a new message", `client:publish("other/x/y", "z") local m = sub:receive(30) return m.retained, m.payload, m.levels[1]`, "false, z, x/y"},
		{"no JSON", `client:publish("other/x", "{") return select("#", sub:receive(30):json()), select(3, sub:receive(0.01))`, "3, timeout"},
		{"an iterator", `client:publish("other/1", "1") client:publish("other/2", "2") client:publish("other/3", "3")
			local all = {} for m in sub:messages() do all[#all + 1] = m.payload if #all == 3 then sub:close() end end return table.concat(all, ",")`, "1,2,3"},
		{"closed", `return sub, sub:receive()`, "mqtt subscription kept, other/# (closed), nil, closed: the script has closed the subscription, closed"},
		{"not the kept ones", `sub = client:subscribe("kept", {retained = false}) return select(3, sub:receive(0.3))`, "timeout"},
		{"not its own", `sub:close() sub = client:subscribe("own", {no_local = true}) client:publish("own", "1", {qos = 1}) return select(3, sub:receive(0.3))`, "timeout"},
	})
}

func TestRequests(t *testing.T) {
	b := startBroker(t)
	s := openScript(t, b, `
		server = mqtt.connect("mqtt://127.0.0.1:PORT", {client_id = "server"})
		server:subscribe("ask", function(msg) print("reply", msg:reply("you said " .. msg.payload)) end)
		client = mqtt.connect("mqtt://127.0.0.1:PORT", {client_id = "client"})`)
	waitLog(t, b, "Sending SUBACK to server", 1)
	s.Check(noReplacement, []luastdtest.Row{
		{"an answer", `client:wait(30) return client:request("ask", "hi").payload`, "you said hi"},
		{"many at the same time", `local all = {} for i = 1, 20 do all[i] = function() return client:request("ask", i).payload end end
			local texts = task.all(all) for i = 1, 20 do assert(texts[i] == "you said " .. i, texts[i]) end return #texts`, "20"},
		{"no answer", `return client:request("nobody", "hi", {timeout = 0.1})`, "nil, timeout: no answer to nobody in 0.1 s, timeout"},
		{"a message that asks for no reply", `local sub = client:subscribe("x") client:publish("x", "1") return sub:receive(30):reply("y")`,
			"nil, unsupported: the message does not ask for a reply, unsupported"},
	})
	waitFor(t, s, "reply\ttrue\n")
}

func TestMistakes(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions, Source: `client = mqtt.connect("mqtt://127.0.0.1:1")`})
	const connect = "a.lua:1: mqtt.connect: "
	s.Check(noReplacement, []luastdtest.Row{
		{"no scheme", `mqtt.connect("127.0.0.1")`, connect + "the URL must begin with mqtt://, mqtts://, ws:// or wss://"},
		{"another scheme", `mqtt.connect("tcp://127.0.0.1")`, connect + "the URL must begin with mqtt://, mqtts://, ws:// or wss://"},
		{"a path", `mqtt.connect("mqtt://127.0.0.1/topic")`, connect + "a URL with mqtt:// has only a host and a port"},
		{"a port", `mqtt.connect("mqtt://127.0.0.1:99999")`, connect + `the port must be from 1 to 65535, not "99999"`},
		{"a password with a slash that is not escaped", `mqtt.connect("mqtt://me:pass/word@127.0.0.1")`, connect + "the URL is wrong: invalid port"},
		{"a host without a grant", `mqtt.connect("mqtt://broker.lan")`, connect + "test.lua may not connect to broker.lan:1883. Start with --allow-net=broker.lan"},
		{"nothing", `mqtt.connect{}`, "a.lua:1: bad argument #1 to connect (url or host is missing)"},
		{"an unknown option", `mqtt.connect("mqtt://127.0.0.1", {clientid = "x"})`,
			"a.lua:1: bad argument #2 to connect (there is no field 'clientid' (did you mean 'client_id'?); its fields are user, password, client_id, keepalive, version, clean, session, will, status, tls, max_message, timeout)"},
		{"milliseconds", `mqtt.connect("mqtt://127.0.0.1", {timeout = 5000})`,
			"a.lua:1: bad argument #2 to connect (timeout must be at most 600, not 5000: seconds are meant, not milliseconds)"},
		{"a version", `mqtt.connect("mqtt://127.0.0.1", {version = 3})`, "a.lua:1: bad argument #2 to connect (version must be 5 or 4, which is MQTT 3.1.1, not 3)"},
		{"two wills", `mqtt.connect("mqtt://127.0.0.1", {status = "s", will = {topic = "s"}})`,
			"a.lua:1: bad argument #2 to connect (will and status exclude each other: status sends a will of its own)"},
		{"tls without TLS", `mqtt.connect("mqtt://127.0.0.1", {tls = {}})`, "a.lua:1: bad argument #2 to connect (tls needs a URL with mqtts:// or wss://, not mqtt://)"},
		{"a wildcard in a topic", `client:publish("a/+", "x")`, `a.lua:1: bad argument #2 to publish (the topic "a/+" is wrong: it contains + or #, which only filters may contain)`},
		{"a topic that is not UTF-8", `client:publish("a\255", "x")`, `a.lua:1: bad argument #2 to publish (the topic "a\xff" is wrong: it is not UTF-8)`},
		{"a topic that is too long", `client:publish(("a"):rep(65536), "x")`, `a.lua:1: bad argument #2 to publish (the topic "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..." is wrong: it has 65536 bytes; the maximum is 65535)`},
		{"a function as payload", `client:publish("a", print)`, "a.lua:1: bad argument #3 to publish (want a string, a number, a boolean or a table, got a function)"},
		{"a wrong QoS", `client:publish("a", "x", {qos = 3})`, "a.lua:1: bad argument #4 to publish (qos must be a whole number from 0 to 2, not 3)"},
		{"a wrong filter", `client:subscribe("a/#/b")`, `a.lua:1: bad argument #2 to subscribe (the filter "a/#/b" is wrong: # must be the last level)`},
		{"an event", `client:on("message", print)`, `a.lua:1: bad argument #2 to on ("message" is not one of connect, disconnect)`},
		{"a dot", `client.publish("a", "x")`, "a.lua:1: bad argument #1 to publish (a client expected: use a colon, as in client:publish(topic, payload))"},
		{"too many clients", `for i = 1, 5 do mqtt.connect("mqtt://127.0.0.1:1") end`, "a.lua:1: mqtt.connect: 4 clients are open: use one client for all topics"},
		{"offline", `return client:publish("a", "x")`, "nil, offline: there is no connection to 127.0.0.1:1 now, offline"},
		{"queued", `return client:publish("a", "x", {qos = 1})`, "true, queued"},
		{"no connection", `return client:wait(1)`, "nil, refused: nothing accepts connections at 127.0.0.1:1, refused"},
		{"match", `return mqtt.match("a/+/c/#", "a/b/c/d/e")[2], mqtt.match("a/+", "b/c"), #mqtt.match("a", "a"), mqtt.match("#", "$SYS/x")`, "d/e, nil, 0, nil"},
	})
}

func TestTheQueueOfUnsentMessagesIsLimited(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions, Source: `client = mqtt.connect("mqtt://127.0.0.1:1")`})
	s.Check(noReplacement, []luastdtest.Row{
		{"a message too many", `for i = 1, 1000 do assert(client:publish("a", "x", {qos = 1})) end return client:publish("a", "x", {qos = 1})`,
			"nil, busy: 1000 messages to 127.0.0.1:1 have not been sent, busy"},
	})
	s = luastdtest.Open(t, luastdtest.Options{Permissions: permissions, Source: `client = mqtt.connect("mqtt://127.0.0.1:1")`})
	s.Check(noReplacement, []luastdtest.Row{
		{"too many bytes", `local text = ("x"):rep(1e6) for i = 1, 4 do assert(client:publish("a", text, {qos = 1})) end return select(3, client:publish("a", text, {qos = 1}))`, "busy"},
	})
}

// A device that is removed leaves no subscription behind.
func TestDevicesAreRemoved(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions, Source: `client = mqtt.connect("mqtt://127.0.0.1:1")`})
	if got := s.Run(`for i = 1, 200 do client:home_assistant{name = "x", id = "d" .. i}:remove() sleep(0) end return "removed"`); got != "removed" {
		t.Error(got)
	}
}

func TestLoading(t *testing.T) {
	for source, want := range map[string]string{
		`local c = mqtt.connect("mqtt://127.0.0.1:1") c:publish("a", "b")`:        "client:publish: the script is still loading",
		`local c = mqtt.connect("mqtt://127.0.0.1:1") c:wait()`:                   "client:wait: the script is still loading",
		`local c = mqtt.connect("mqtt://127.0.0.1:1") c:subscribe("a"):receive()`: "subscription:receive: the script is still loading",
	} {
		if _, err := luastdtest.TryOpen(t, luastdtest.Options{Permissions: permissions, Source: source}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", source, err)
		}
	}
}
