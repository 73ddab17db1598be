package mqtt_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd"
	"moonlark/luastd/luastdtest"
)

// A counter counts the messages that all generations of a script have got.
type counter struct {
	mu   sync.Mutex
	seen map[string]int // by payload
}

// module returns a module with the Lua function seen(payload).
func (c *counter) module() luastd.Module {
	return luastd.Module{Name: "counter", Globals: []string{"seen"}, Open: func(L *lua.LState, _ luastd.Runtime) lua.LValue {
		t := L.NewTable()
		t.RawSetString("seen", L.NewFunction(func(L *lua.LState) int {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.seen[L.CheckString(1)]++
			return 0
		}))
		return t
	}}
}

// counts returns how many different messages the script has got, and how many more than once.
func (c *counter) counts() (n, twice int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, count := range c.seen {
		if n++; count > 1 {
			twice++
		}
	}
	return n, twice
}

// TestReloadsLoseNoMessage loads a script 100 times while it gets 1,000 messages a second with QoS 1.
// The script must get each of them once, over one connection.
func TestReloadsLoseNoMessage(t *testing.T) {
	b := startBroker(t, "max_queued_messages 0", "max_inflight_messages 100")
	c := &counter{seen: map[string]int{}}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions, Source: strings.ReplaceAll(`
		client = mqtt.connect("mqtt://127.0.0.1:PORT", {client_id = "counter", session = 3600, clean = false})
		client:subscribe("load/#", {qos = 1, retained = false}, function(msg) seen(msg.payload) end)`, "PORT", b.Port)}, c.module())
	sender := luastdtest.Open(t, luastdtest.Options{Permissions: permissions, Source: strings.ReplaceAll(`
		client = mqtt.connect("mqtt://127.0.0.1:PORT", {client_id = "sender", timeout = 60})
		state.sent = 0
		on_start(function()
			client:wait()
			every(0.01, function()
				sending = true
				for i = 1, stopped and 0 or 10 do
					local ok, why = client:publish("load/" .. i, state.sent + 1, {qos = 1})
					if not ok then error(why) end
					state.sent = state.sent + 1
				end
				sending = false
			end)
		end)`, "PORT", b.Port)})
	waitLog(t, b, "Received SUBSCRIBE from counter", 1)
	began := time.Now()
	for range 100 {
		s.Reload("")
		time.Sleep(20 * time.Millisecond)
	}
	took := time.Since(began)
	sent := sender.Run(`stopped = true repeat sleep(0.1) until not sending return state.sent`)
	var n, twice int
	testkit.Until(t, "all messages have come", func() bool {
		n, twice = c.counts()
		return fmt.Sprint(n) == sent
	})
	t.Logf("%s messages during 100 reloads in %v", sent, took.Round(time.Millisecond))
	if twice > 0 {
		t.Errorf("%d messages came twice", twice)
	}
	if c := connections(b, "counter"); c != 1 {
		t.Errorf("the client has connected %d times", c)
	}
	if out := strings.Join(s.Output(), "\n"); strings.Contains(out, "dropped") || strings.Contains(out, "ERROR") {
		t.Errorf("the output is\n%s", out)
	}
}

// TestABrokerThatCrashesUnderLoad kills the broker and starts it again while a script publishes and
// receives. The messages that the broker has not acknowledged are sent again, so that none is lost.
//
// The broker forgets everything when it is killed. A message that it has acknowledged is not lost
// because the publisher is also the subscriber: without a limit for messages in flight, Mosquitto
// writes the message to the connection before the acknowledgement. With its usual limit of 20, it
// acknowledges messages that wait in its queue, and they are lost with it.
func TestABrokerThatCrashesUnderLoad(t *testing.T) {
	b := startBroker(t, "max_queued_messages 0", "max_inflight_messages 0")
	s := openScript(t, b, `
		got, restarts = {}, 0
		client = mqtt.connect("mqtt://127.0.0.1:PORT", {client_id = "one"})
		client:subscribe("load", {qos = 1}, function(msg) got[msg.payload] = true end)
		client:on("connect", function() restarts = restarts + 1 print("connect " .. restarts) end)
		client:on("disconnect", function(info) print("disconnect " .. info.code) end)
		sent = 0
		every(0.005, function()
			if stopped then return end
			sent = sent + 1
			local n = sent
			local ok, _, code = client:publish("load", n, {qos = 1})
			if code == "busy" then got[tostring(n)] = "refused" end -- the broker was away for long
		end)`)
	waitFor(t, s, "connect 1\n")
	for i := range 3 {
		time.Sleep(500 * time.Millisecond)
		b.Kill()
		waitFor(t, s, "disconnect closed\n")
		b.Start()
		waitFor(t, s, fmt.Sprintf("connect %d\n", i+2))
	}
	got := s.Run(`stopped = true
		for i = 1, 300 do
			sleep(0.1)
			missing = 0
			for n = 1, sent do if not got[tostring(n)] then missing = missing + 1 end end
			if missing == 0 then return "all of " .. (sent > 100 and "many" or sent) end
		end
		return missing .. " of " .. sent .. " are missing"`)
	if got != "all of many" {
		t.Error(got)
	}
}

// After a restart of the broker, which has forgotten everything, the client subscribes again.
func TestTheClientSubscribesAgain(t *testing.T) {
	b := startBroker(t)
	s := openScript(t, b, `
		client = mqtt.connect("mqtt://127.0.0.1:PORT", {client_id = "one", status = "status/one"})
		client:subscribe("a", function(msg) print("got " .. msg.payload) end)
		client:on("connect", function() print("connected") end)`)
	waitFor(t, s, "connected\n")
	b.Kill()
	waitFor(t, s, "WARN: mqtt: the connection has ended: closed: 127.0.0.1:"+b.Port+" has closed the connection\n")
	if got := s.Run(`return client:publish("a", "from the queue", {qos = 1})`); got != "true, queued" {
		t.Errorf("publish returned %s", got)
	}
	b.Start()
	waitFor(t, s, "got from the queue\n")
	publish(t, b, "-t", "a", "-m", "new")
	waitFor(t, s, "got new\n")
}

func TestTheStatusTopic(t *testing.T) {
	b := startBroker(t)
	source := `client = mqtt.connect("mqtt://127.0.0.1:PORT", {client_id = "one", status = "status/one"}) client:on("connect", function() print("connected") end)`
	s := openScript(t, b, source)
	waitFor(t, s, "connected\n")
	heard := subscribe(t, b, "-t", "status/one", "-F", "%r %p", "-q", "1")
	testkit.Until(t, "online", func() bool { return heard.String() == "1 online\n" })
	s.Reload("") // no change
	if got := s.Run(`client:close() return 1`); got != "1" {
		t.Error(got)
	}
	testkit.Until(t, "offline", func() bool { return heard.String() == "1 online\n0 offline\n" })
	if strings.Contains(b.Log(), "disconnected, not authorised") || connections(b, "one") != 1 {
		t.Errorf("the log is\n%s", b.Log())
	}

	// A script with other settings for the same client id: the old client ends before the new one
	// connects.
	s = openScript(t, b, source)
	waitFor(t, s, "connected\n")
	s.ReloadWith(strings.ReplaceAll(strings.ReplaceAll(source, "PORT", b.Port), `status = "status/one"`, `status = "status/one", keepalive = 20`))
	testkit.Until(t, "the new client is connected", func() bool { return connections(b, "one") == 3 })
	testkit.Until(t, "offline and online", func() bool { return strings.HasSuffix(heard.String(), "0 online\n0 offline\n0 online\n") })
	if strings.Contains(b.Log(), "already connected") {
		t.Error("two clients with one id were connected")
	}
}

// The broker sends the will when the connection is lost, and not after close.
func TestTheWill(t *testing.T) {
	b := startBroker(t)
	proxy := newProxy(t, "127.0.0.1:"+b.Port)
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions, Source: `
		function open() return mqtt.connect("mqtt://` + proxy.address + `", {client_id = "one", will = {topic = "will", payload = {gone = true}, qos = 1}}) end
		client = open()`})
	heard := subscribe(t, b, "-t", "will", "-q", "1")
	s.Run(`client:wait(30) client:close()`)
	waitLog(t, b, "Received DISCONNECT from one", 1)
	s.Run(`client = open() client:wait(30)`)
	proxy.cut()
	testkit.Until(t, "the will", func() bool { return heard.String() == "{\"gone\":true}\n" })
}

// The broker keeps the session of a client that is not clean, with the messages that come meanwhile.
func TestASessionIsResumed(t *testing.T) {
	b := startBroker(t)
	proxy := newProxy(t, "127.0.0.1:"+b.Port)
	for version, resumed := range map[string]int{"5": 1, "4": 1} {
		s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions, Source: `
			client = mqtt.connect("mqtt://` + proxy.address + `", {client_id = "keep` + version + `", clean = false, version = ` + version + `})
			client:subscribe("a", {qos = 1}, function(msg) print("got " .. msg.payload) end)
			client:on("connect", function(info) print("resumed " .. tostring(info.resumed)) end)`})
		waitFor(t, s, "resumed false\n")
		waitLog(t, b, "Sending SUBACK to keep"+version, 1)
		proxy.cut()
		publish(t, b, "-t", "a", "-m", "meanwhile", "-q", "1")
		waitFor(t, s, "resumed true\n")
		waitFor(t, s, "got meanwhile\n")
		if n := strings.Count(b.Log(), "Received SUBSCRIBE from keep"+version); n != resumed {
			t.Errorf("version %s: the client has subscribed %d times", version, n)
		}
	}
}

// QoS 1 and 2 over a connection that is cut again and again: nothing is lost, and QoS 2 comes once.
func TestAConnectionThatIsCut(t *testing.T) {
	b := startBroker(t, "max_queued_messages 0")
	proxy := newProxy(t, "127.0.0.1:"+b.Port)
	heard := subscribe(t, b, "-t", "out/#", "-q", "2", "-v")
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permissions, Source: `
		client = mqtt.connect("mqtt://` + proxy.address + `", {client_id = "one", clean = false})`})
	s.Run(`client:wait(30)
		for i = 1, 300 do
			spawn(function() client:publish("out/1", i, {qos = 1}) end)
			spawn(function() client:publish("out/2", i, {qos = 2}) end)
			if i % 10 == 0 then sleep(0.02) end
		end`)
	proxy.cut()
	testkit.Until(t, "a new connection", func() bool { return connections(b, "one") == 2 })
	time.Sleep(100 * time.Millisecond)
	proxy.cut()
	count := func(qos int) (different, all int) {
		seen := map[string]bool{}
		for _, line := range regexp.MustCompile(fmt.Sprintf(`(?m)^out/%d (\d+)$`, qos)).FindAllString(heard.String(), -1) {
			seen[line] = true
			all++
		}
		return len(seen), all
	}
	testkit.Until(t, "all messages", func() bool {
		one, _ := count(1)
		two, _ := count(2)
		return one == 300 && two == 300
	})
	if _, all := count(2); all != 300 {
		t.Errorf("%d messages with QoS 2", all)
	}
}

func TestPasswordTLSAndWebSockets(t *testing.T) {
	if testing.Short() || testkit.MosquittoPath() == "" {
		t.Skip("mosquitto is needed")
	}
	b := testkit.NewMosquitto(t, "allow_anonymous false", "password_file FOLDER/passwords", "per_listener_settings false",
		"listener PORT1 127.0.0.1", "certfile FOLDER/cert.pem", "keyfile FOLDER/key.pem",
		"listener PORT2 127.0.0.1", "protocol websockets",
		"listener PORT3 127.0.0.1", "protocol websockets", "certfile FOLDER/cert.pem", "keyfile FOLDER/key.pem")
	// The password is "secret": PBKDF2 with SHA-512, 101 rounds, as mosquitto_passwd writes it.
	b.Write("passwords", []byte("me:"+mosquittoHash("secret")+"\n"))
	authority := testkit.NewAuthority(t)
	cert, key := authority.Issue(t, "127.0.0.1")
	b.Write("cert.pem", cert)
	b.Write("key.pem", key)
	b.Start()
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: append(luastdtest.NetGrants("127.0.0.1"), permit.Grant{Kind: permit.Read, Value: "/"})}})
	for name, content := range map[string]string{"ca.pem": string(authority.PEM), "secrets.toml": `pass = { value = "secret", hosts = ["127.0.0.1"] }`} {
		if err := os.WriteFile(filepath.Join(s.Folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := strings.NewReplacer("PLAIN", b.Port, "TLS", b.Ports[0], "WSS", b.Ports[2], "WS", b.Ports[1])
	const try = ` local ok, why = c:wait(30) if ok then ok = c:publish("a", "b", {qos = 1}) end c:close() return ok, why`
	s.Check(r, []luastdtest.Row{
		{"the password in the URL", `local c = mqtt.connect("mqtt://me:secret@127.0.0.1:PLAIN")` + try, "true, nil"},
		{"a secret", `local c = mqtt.connect("mqtt://127.0.0.1:PLAIN", {user = "me", password = secrets.get("pass")})` + try, "true, nil"},
		{"a wrong password", `local c = mqtt.connect("mqtt://me:wrong@127.0.0.1:PLAIN") local ok, why = c:wait(1) c:close() return ok, why, c`,
			"nil, denied: 127.0.0.1:PLAIN does not accept the user and the password, mqtt client mqtt://127.0.0.1:PLAIN (closed)"},
		{"a wrong password, MQTT 3.1.1", `local c = mqtt.connect("mqtt://me:wrong@127.0.0.1:PLAIN", {version = 4}) local ok, why = c:wait(1) c:close() return ok, why`,
			"nil, denied: 127.0.0.1:PLAIN does not accept the user and the password"},
		{"TLS", `local c = mqtt.connect("mqtts://me:secret@127.0.0.1:TLS", {tls = {ca = "./ca.pem"}})` + try, "true, nil"},
		{"host and tls", `local c = mqtt.connect{host = "127.0.0.1", port = TLS, user = "me", password = "secret", tls = {ca = "./ca.pem"}}` + try, "true, nil"},
		{"an unknown authority", `local c = mqtt.connect("mqtts://me:secret@127.0.0.1:TLS") local ok, why = c:wait(1) c:close() return ok, why`,
			"nil, failed: the certificate of 127.0.0.1:TLS is not accepted: certificate signed by unknown authority"},
		{"TLS at a port without", `local c = mqtt.connect("mqtts://me:secret@127.0.0.1:PLAIN") local ok, why, code = c:wait(1) c:close() return ok, code`, "nil, closed"},
		{"WebSockets", `local c = mqtt.connect("ws://me:secret@127.0.0.1:WS/mqtt")` + try, "true, nil"},
		{"WebSockets with TLS", `local c = mqtt.connect("wss://me:secret@127.0.0.1:WSS", {tls = {ca = "./ca.pem"}})` + try, "true, nil"},
	})
	// Mosquitto 2.0.11 sends 4 KiB every 100 ms to a WebSocket.
	if got := s.Run(r.Replace(`local c = mqtt.connect("wss://me:secret@127.0.0.1:WSS", {tls = {ca = "./ca.pem"}}) c:wait(30)
		local sub = c:subscribe("big") c:publish("big", ("x"):rep(50000), {qos = 1}) local n = #sub:receive(30).payload sleep(1) return n, c:connected()`)); got != "50000, true" {
		t.Errorf("a large message: %s", got)
	}
}

// A proxy passes connections on until it cuts them.
type proxy struct {
	address string
	mu      sync.Mutex
	conns   []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{address: l.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", target)
			if err != nil {
				from.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, from, to)
			p.mu.Unlock()
			wg.Go(func() { io.Copy(to, from); to.Close() })
			wg.Go(func() { io.Copy(from, to); from.Close() })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.cut()
		wg.Wait()
	})
	return p
}

// cut cuts all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		conn.Close()
	}
	p.conns = nil
}
