package faults

import (
	"bytes"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/testkit"
)

// A fault is a way to end the first conversation of a test while a call of the tool "slow" is in
// progress.
type fault struct {
	name       string
	do         func(*conversation, *network)
	reconnects bool // a second conversation must follow
	// regular expression for the text and hint of the event "disconnected", as "text | hint"
	says string
	exit int // exit code of the process if there is no second conversation
}

// closeWith returns a function for fault.do that sends a close frame with this code and reason.
func closeWith(code int, reason string) func(*conversation, *network) {
	return func(c *conversation, _ *network) { c.Close(code, reason) }
}

// TestEachFaultEndsTheConversationWithItsReason ends a conversation with each fault. The user must
// see the reason and a hint, the script must see each change of the status, and each tool call
// must have one outcome. A new conversation must begin, except after faults that would occur
// again.
func TestEachFaultEndsTheConversationWithItsReason(t *testing.T) {
	skipShort(t)
	t.Parallel()
	const (
		trouble = `the server is in trouble: try again in a while`
		broken  = `(cut off: unexpected EOF|reset by peer) \|$`
	)
	for _, f := range []fault{
		{name: "closed with 1000", do: closeWith(1000, "bye"), says: `^bye \|$`},
		{name: "closed with 1001", do: closeWith(1001, "restart"), reconnects: true, says: `^restart \| the server is going away: connect again$`},
		{name: "closed with 1002", do: closeWith(1002, "llm_timeout"), reconnects: true, says: `^llm_timeout \| .*LLM took over 20 s`},
		{name: "closed with 1003", do: closeWith(1003, ""), reconnects: true, says: `^\|$`},
		{name: "closed with 1007", do: closeWith(1007, "not UTF-8"), reconnects: true, says: `^not UTF-8 \|$`},
		{name: "closed with 1008", do: closeWith(1008, "Override for field 'voice_id' is not allowed by config."), exit: 1, says: `\| the agent does not allow voice_id to be overridden`},
		{name: "closed with 1009", do: closeWith(1009, "too big"), reconnects: true, says: `^too big \| .*shorten what the tools return`},
		{name: "closed with 1010", do: closeWith(1010, ""), reconnects: true, says: `^\|$`},
		{name: "closed with 1011", do: closeWith(1011, "oops"), reconnects: true, says: `^oops \| ` + trouble},
		{name: "closed with 1012", do: closeWith(1012, ""), reconnects: true, says: trouble},
		{name: "closed with 1013", do: closeWith(1013, ""), reconnects: true, says: trouble},
		{name: "closed with 3000", do: closeWith(3000, "unauthorized"), reconnects: true, says: `^unauthorized \| the agent is private`},
		{name: "closed with 4000", do: closeWith(4000, "custom"), reconnects: true, says: `^custom \|$`},
		{name: "the connection is cut", do: func(c *conversation, n *network) { n.cut(); c.Wait() }, reconnects: true, says: broken},
		{name: "the server is killed", do: func(c *conversation, n *network) {
			// with SO_LINGER 0, closing the socket sends RST
			c.Conn.NetConn().(*net.TCPConn).SetLinger(0)
			c.Cut()
		}, reconnects: true, says: broken},
		{name: "the network drops everything", do: func(c *conversation, n *network) { n.sever() }, reconnects: true, says: `^the connection is dead: nothing received for 1\ds \| check the network; if the server never answers pings, give it more time with --server-timeout$`},
		{name: "a frame that is too long", do: func(c *conversation, n *network) {
			c.Send(bytes.Repeat([]byte("x"), 17<<20))
			c.Wait()
		}, reconnects: true, says: `^read: message larger than 16 MiB \|$`},
		{name: "bytes that are not a WebSocket frame", do: func(c *conversation, n *network) {
			c.Conn.NetConn().Write([]byte("HTTP/1.1 500 Internal Server Error\r\n\r\n"))
			c.Wait()
		}, reconnects: true, says: `^read: .*\|$`},
		{name: "a frame that ends in the middle", do: func(c *conversation, n *network) {
			c.Conn.NetConn().Write([]byte{0x81, 126, 1, 0, '{', '"'})
			n.cut()
			c.Wait()
		}, reconnects: true, says: `(cut off: unexpected EOF|unexpected EOF|reset by peer) \|$`},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.test(t)
		})
	}
}

// skipShort skips a test in short mode, because it starts processes and waits for real timeouts.
func skipShort(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes and waits for real timeouts")
	}
}

func (f fault) test(t *testing.T) {
	slow := `{"seconds":0}`
	if f.reconnects {
		// long enough for the second conversation to begin before "slow" returns
		slow = `{"seconds":0.5}`
	}
	networks, children := make(chan *network, 1), make(chan *testkit.Child, 1)
	agent := listen(t, func(c *conversation) {
		c.Open()
		switch c.Number {
		case 1:
			c.echo("before")
			c.call("slow", "slow", slow)
			c.echo("beside") // this call comes after "slow" has begun
			f.do(c, <-networks)
			// the severed connection must stay open until the second conversation begins
			if f.reconnects {
				testkit.Until(t, "the second conversation", func() bool { return c.agent.Conversations() > 1 })
			}
		case 2:
			update := c.WaitFor("contextual_update")
			if !bytes.Contains(update.Text, []byte(`"it was cut short"`)) {
				t.Errorf("the new agent was told %s", update.Text)
			}
			c.echo("after")
			(<-children).WaitFor("print", "^orphan conv_1 slow$")
			c.echo("last")
			c.Close(1000, "done")
		default:
			t.Errorf("conversation %d", c.Number)
		}
	})
	n := newNetwork(t, agent.Host())
	networks <- n
	child := start(t, n.url(), script)
	children <- child
	exit, count := f.exit, 1
	if f.reconnects {
		exit, count = 0, 2
	}
	wait(t, child, exit)
	if n := agent.Conversations(); n != count {
		t.Errorf("%d conversations, want %d", n, count)
	}
	said := child.Texts("disconnected")
	if len(said) != count || !regexp.MustCompile(f.says).MatchString(said[0]) {
		t.Errorf("disconnected events %q, want %d of which the first matches %s", said, count, f.says)
	}
	if n := len(child.Texts("retrying")); f.reconnects != (n > 0) {
		t.Errorf("%d retrying events", n)
	}
	f.checkPrinted(t, child)
	agent.checkOutcomes(orphans(child), none)
	if agent.results["conv_1 slow"] > 0 {
		t.Error("slow had a result in the conversation that was lost")
	}
}

// checkPrinted fails the test unless the script has printed the expected events of its
// conversations.
func (f fault) checkPrinted(t *testing.T, child *testkit.Child) {
	t.Helper()
	want := []string{"status connecting |", "metadata conv_1 |", "status connected |"}
	if f.reconnects {
		want = append(want, "status reconnecting |", "status connected |", "metadata conv_2 |", "reconnected conv_2 |", "status ended |")
	} else {
		want = append(want, "status ended |")
	}
	got := slices.DeleteFunc(child.Texts("print"), func(text string) bool {
		return strings.HasPrefix(text, "orphan") || strings.HasPrefix(text, "slow")
	})
	slices.Sort(got) // the order of metadata and status events may vary
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the script printed %q, want %q", got, want)
	}
}

// TestTheFirstConnectionIsTriedAgainAfterAFailure makes the first attempt to connect fail in
// several ways. The process must try again, except after failures that would occur again.
func TestTheFirstConnectionIsTriedAgainAfterAFailure(t *testing.T) {
	skipShort(t)
	t.Parallel()
	for _, row := range []struct {
		name string
		play func(*conversation)
		// regular expression for the first event "retrying", or for the error if exit is not 0
		says string
		exit int
	}{
		{"no metadata", func(c *conversation) { c.Wait() }, `^connect: no conversation_initiation_metadata within 10s: the server opened a WebSocket, but began no conversation \|$`, 0},
		{"only pings", func(c *conversation) {
			for n := 0; c.Send(testkit.Ping(n)) == nil; n++ {
				time.Sleep(200 * time.Millisecond)
			}
		}, `^connect: no conversation_initiation_metadata within 10s: the server opened a WebSocket, but began no conversation \|$`, 0},
		{"anything but metadata", func(c *conversation) {
			for n := 0; n < 2000 && c.say(&convai.VADScore{Score: 1}) == nil; n++ {
			}
			c.Wait()
		}, `^connect: 1000 messages and no conversation_initiation_metadata \|$`, 0},
		{"cut before the metadata", func(c *conversation) { c.Cut() }, `^connect: read: .*(EOF|reset by peer) \|$`, 0},
		{"closed with 1000 before the metadata", func(c *conversation) { c.Close(1000, "") }, `^connect: closed with 1000 \|$`, 0},
		{"closed with 1011 before the metadata", func(c *conversation) { c.Close(1011, "") }, `^connect: closed with 1011 \| the server is in trouble`, 0},
		{"closed with 1008 before the metadata", func(c *conversation) {
			c.Close(1008, "Missing required dynamic variables in first message: {'name'}")
		}, `\| give the dynamic variable name a value`, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			agent := listen(t, func(c *conversation) {
				if c.Number == 1 {
					c.Expect("conversation_initiation_client_data")
					row.play(c)
					return
				}
				c.Open()
				c.echo("at last")
				c.Close(1000, "done")
			})
			child := start(t, agent.URL, script)
			wait(t, child, row.exit)
			kind := "retrying"
			if row.exit != 0 {
				kind = "error"
			}
			if said := child.Texts(kind); len(said) != 1 || !regexp.MustCompile(row.says).MatchString(said[0]) {
				t.Errorf("%s events %q, want one that matches %s", kind, said, row.says)
			}
			agent.checkOutcomes(orphans(child), none)
		})
	}
}

// TestAConversationIsReplacedWhenTheNetworkComesBack closes the proxy in the middle of a
// conversation, so that new connections are refused, and opens it again. The process must then
// reconnect.
func TestAConversationIsReplacedWhenTheNetworkComesBack(t *testing.T) {
	skipShort(t)
	t.Parallel()
	agent := listen(t, func(c *conversation) {
		c.Open()
		if c.Number == 1 {
			c.call("slow", "slow", `{"seconds":0}`)
			c.Wait()
			return
		}
		c.WaitFor("contextual_update")
		c.echo("after")
		c.Close(1000, "done")
	})
	n := newNetwork(t, agent.Host())
	child := start(t, n.url(), script)
	child.WaitFor("print", "^slow began$")
	address := n.listener.Addr().String()
	n.listener.Close()
	n.cut()
	child.WaitFor("retrying", "connection refused")
	child.WaitFor("print", "^orphan conv_1 slow$")
	again, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip(err) // another program uses the port now
	}
	n.goroutines.Wait()
	n.listener = again
	n.goroutines.Go(n.accept)
	wait(t, child, 0)
	agent.checkOutcomes(orphans(child), none)
}
