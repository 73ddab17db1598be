package faults

import (
	"bytes"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// A fault is what goes wrong in the first conversation, while a call of the tool
// slow is under way. A program that takes it up again holds a second one; what
// it says then has to match, and what its exit code is.
type fault struct {
	name  string
	do    func(*conversation, *line)
	again bool
	says  string // the event disconnected: text | hint
	exit  int    // without a second conversation
	slow  string // seconds; 0.6 if empty
}

func closes(code int, reason string) func(*conversation, *line) {
	return func(c *conversation, _ *line) { c.close(code, reason) }
}

// TestAConversationThatEndsBadly has one end in every way there is. In each the
// user is told why and what to do, the script is told what became of its
// conversation, no call is lost or answered twice, and the next conversation
// begins unless that would mend nothing.
func TestAConversationThatEndsBadly(t *testing.T) {
	const trouble = `the server is in trouble: try again in a while`
	for _, f := range []fault{
		{name: "closed with 1000", do: closes(1000, "bye"), says: `^bye \|$`},
		{name: "closed with 1001", do: closes(1001, "restart"), again: true, says: `^restart \| the server is going away: connect again$`},
		{name: "closed with 1002", do: closes(1002, "llm_timeout"), again: true, says: `^llm_timeout \| .*LLM took over 20 s`},
		{name: "closed with 1003", do: closes(1003, ""), again: true, says: `^\|$`},
		{name: "closed with 1007", do: closes(1007, "not UTF-8"), again: true, says: `^not UTF-8 \|$`},
		{name: "closed with 1008", do: closes(1008, "Override for field 'voice_id' is not allowed by config."), exit: 1, says: `\| the agent does not allow voice_id to be overridden`},
		{name: "closed with 1009", do: closes(1009, "too big"), again: true, says: `^too big \| .*shorten what the tools return`},
		{name: "closed with 1010", do: closes(1010, ""), again: true, says: `^\|$`},
		{name: "closed with 1011", do: closes(1011, "oops"), again: true, says: `^oops \| ` + trouble},
		{name: "closed with 1012", do: closes(1012, ""), again: true, says: trouble},
		{name: "closed with 1013", do: closes(1013, ""), again: true, says: trouble},
		{name: "closed with 3000", do: closes(3000, "unauthorized"), again: true, says: `^unauthorized \| the agent is private`},
		{name: "closed with 4000", do: closes(4000, "custom"), again: true, says: `^custom \|$`},
		{name: "cut", do: func(c *conversation, l *line) { l.cut(); c.stay() }, again: true, says: `(cut off: unexpected EOF|reset by peer) \|$`},
		{name: "the server is killed", do: func(c *conversation, l *line) { c.conn.NetConn().(*net.TCPConn).SetLinger(0); c.conn.Close() }, again: true, says: `(cut off: unexpected EOF|reset by peer) \|$`},
		{name: "half-open", do: func(c *conversation, l *line) { l.sever() }, again: true, says: `^the connection is dead: nothing came for 1\ds \|$`, slow: "14.5"},
		{name: "a frame that is too long", do: func(c *conversation, l *line) {
			c.raw(websocket.TextMessage, bytes.Repeat([]byte("x"), 17<<20))
			c.stay()
		}, again: true, says: `^read: a message over 16 MiB \|$`},
		{name: "bytes that are no WebSocket", do: func(c *conversation, l *line) {
			c.conn.NetConn().Write([]byte("HTTP/1.1 500 Internal Server Error\r\n\r\n"))
			c.stay()
		}, again: true, says: `^read: .*\|$`},
		{name: "a frame that ends in the middle", do: func(c *conversation, l *line) {
			c.conn.NetConn().Write([]byte{0x81, 126, 1, 0, '{', '"'})
			l.cut()
			c.stay()
		}, again: true, says: `(cut off: unexpected EOF|unexpected EOF|reset by peer) \|$`},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.run(t)
		})
	}
}

func (f fault) run(t *testing.T) {
	ready := make(chan *line, 1)
	agent := listen(t, func(c *conversation) {
		c.open()
		switch c.number {
		case 1:
			c.echo("before")
			if f.slow == "" {
				f.slow = "0.6"
			}
			c.ask("slow", "slow", `{"seconds":`+f.slow+`}`)
			c.echo("beside") // so it has begun
			f.do(c, <-ready)
			if f.again {
				for f.slow != "0.6" && c.conversations() < 2 {
					time.Sleep(10 * time.Millisecond)
				}
			}
		case 2:
			if m, ok := c.expect("contextual_update").(*convai.ContextualUpdate); ok && m.Text != "it was cut short" {
				t.Errorf("the new agent was told %q", m.Text)
			}
			c.echo("after")
			if f.slow != "0.6" {
				time.Sleep(3 * time.Second)
			} else {
				time.Sleep(time.Second)
			}
			c.echo("last")
			c.close(1000, "done")
		default:
			t.Errorf("conversation %d", c.number)
		}
	})
	l := through(t, agent.host())
	ready <- l
	child := start(t, l.url(), script)
	exit, count := f.exit, 1
	if f.again {
		exit, count = 0, 2
	}
	if code := child.wait(); code != exit {
		t.Errorf("exit code %d, want %d", code, exit)
	}
	child.sane()
	if n := agent.conversations(); n != count {
		t.Errorf("%d conversations, want %d", n, count)
	}
	said := child.said(event.Disconnected)
	if len(said) != count || !regexp.MustCompile(f.says).MatchString(said[0]) {
		t.Errorf("said %q, want %d and %s first", said, count, f.says)
	}
	if n := len(child.said(event.Retrying)); f.again && n == 0 || !f.again && n > 0 {
		t.Errorf("%d times it was said to try again", n)
	}
	want := []string{"status connecting |", "metadata conv_1 |", "status connected |"}
	if f.again {
		want = append(want, "status reconnecting |", "status connected |", "metadata conv_2 |", "reconnected conv_2 |", "status ended |")
	} else {
		want = append(want, "status ended |")
	}
	got := slices.DeleteFunc(child.said(event.Print), func(text string) bool {
		return strings.HasPrefix(text, "orphan") || strings.HasPrefix(text, "slow")
	})
	slices.Sort(got) // metadata and status come by two ways
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the script saw %q, want %q", got, want)
	}
	agent.settle(child.orphans(), none)
	if agent.answers["conv_1 slow"] > 0 {
		t.Error("slow was answered: the fault came too late")
	}
}

// TestAConversationThatGoesOn has one go on over a bad line, or with an agent
// that is out of its mind: nothing is lost, and it is not begun anew.
func TestAConversationThatGoesOn(t *testing.T) {
	for _, row := range []struct {
		name string
		play func(*conversation, *line)
		says func(*child)
	}{
		{"1 kB a second", func(c *conversation, l *line) {
			l.slow(0, 1000)
			for n := range 4 {
				c.send(&convai.Ping{EventID: n})
				c.echo(fmt.Sprintf("slowly-%d-%s", n, strings.Repeat("x", 500)))
			}
			l.slow(0, 0)
		}, nil},
		{"2 s of latency", func(c *conversation, l *line) {
			l.slow(2*time.Second, 0)
			time.Sleep(7 * time.Second) // long enough to be asked whether we are there
			c.echo("late")
			l.slow(0, 0)
		}, nil},
		{"stalls", func(c *conversation, l *line) {
			for n := range 2 {
				l.hold()
				answer := c.ask(fmt.Sprint("stalled-", n), "echo", `{"text":"x"}`)
				time.Sleep(time.Duration(2+4*n) * time.Second)
				l.release()
				if r := <-answer; r == nil || r.Result != "echo x" {
					c.t.Errorf("got %+v", r)
				}
			}
		}, nil},
		{"frames of 15 MiB", func(c *conversation, l *line) {
			long := strings.Repeat("x", 15<<20)
			for n := range 2 {
				c.send(&convai.AgentResponse{Text: long, EventID: n})
				c.send(&convai.Audio{Base64: convai.Base64(long), EventID: n})
				c.raw(websocket.TextMessage, []byte(`{"type":"of_tomorrow","x":"`+long+`"}`))
				c.raw(websocket.TextMessage, []byte(`{"type":"of_tomorrow","x":"`+long))
				c.raw(websocket.BinaryMessage, []byte(long))
				if r := <-c.ask(fmt.Sprint("long-", n), "size", `{"text":"`+long+`"}`); r == nil || !r.IsError || !strings.Contains(r.Result, "longer than 8388608 bytes") {
					c.t.Errorf("size = %.200v", r)
				}
				if r := <-c.ask(fmt.Sprint("size-", n), "size", `{"text":"`+long[:7<<20]+`"}`); r == nil || r.IsError || r.Result != fmt.Sprint("size ", 7<<20) {
					c.t.Errorf("size = %.200v", r)
				}
			}
		}, nil},
		{"10,000 events a second", flood, func(c *child) {
			c.until(event.Log, "events were dropped|event.* dropped")
		}},
		{"garbage", func(c *conversation, l *line) {
			for n, frame := range garbage {
				c.raw(websocket.TextMessage, []byte(frame))
				if n%10 == 0 {
					c.echo(fmt.Sprint("amid-", n))
				}
			}
			c.raw(websocket.BinaryMessage, []byte{0, 1, 2})
			c.raw(websocket.TextMessage, []byte{0xff, 0xfe, '{'})
			c.raw(websocket.TextMessage, nil)
		}, nil},
		{"metadata twice", func(c *conversation, l *line) {
			c.send(&convai.ConversationInitiationMetadata{ConversationID: "conv_other", AgentOutputAudioFormat: "ulaw_8000"})
		}, func(c *child) { c.until(event.Print, "metadata conv_other") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ready := make(chan *line, 1)
			agent := listen(t, func(c *conversation) {
				c.open()
				if c.number > 1 {
					t.Errorf("conversation %d", c.number)
					return
				}
				c.echo("before")
				row.play(c, <-ready)
				c.echo("after")
				c.close(1000, "done")
			})
			l := through(t, agent.host())
			ready <- l
			source := script
			if row.says != nil || strings.Contains(row.name, "MiB") {
				source += `on("*", function(e) if e.type == "agent_response" then sleep(0.001) end end)`
			}
			child := start(t, l.url(), source)
			if code := child.wait(); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
			child.sane()
			if row.says != nil {
				row.says(child)
			}
			agent.settle(child.orphans(), none)
			if said := child.said(event.Disconnected); !slices.Equal(said, []string{"done |"}) {
				t.Errorf("said %q", said)
			}
			t.Logf("%d MiB at most", child.most.Load()>>20)
		})
	}
}

// flood sends events of all kinds for some seconds, as many as a real server
// never would, and calls and pings meanwhile.
func flood(c *conversation, _ *line) {
	began, sent := time.Now(), 0
	pings, echoes := 0, 0
	slowest := time.Duration(0)
	answers := make(chan struct{}, 100)
	for lasts := 3 * time.Second; time.Since(began) < lasts; {
		for range 100 {
			switch sent % 5 {
			case 0:
				c.send(&convai.VADScore{Score: 0.5})
			case 1:
				c.send(&convai.AgentChatResponsePart{Text: "word ", Part: convai.PartDelta, EventID: 1})
			case 2:
				c.send(&convai.AgentResponse{Text: "word", EventID: sent})
			case 3:
				c.send(&convai.TentativeUserTranscript{Text: "word", EventID: sent})
			case 4:
				c.raw(websocket.TextMessage, []byte(`{"type":"of_tomorrow","n":1}`))
			}
			sent++
		}
		c.send(&convai.Ping{EventID: sent})
		pings++
		if sent%1000 == 0 {
			id := fmt.Sprint("flood-", echoes)
			asked := time.Now()
			answer := c.ask(id, "echo", `{"text":"x"}`)
			go func() {
				if r := <-answer; r == nil || r.Result != "echo x" {
					c.t.Errorf("%s = %+v", id, r)
				}
				c.mu.Lock()
				slowest = max(slowest, time.Since(asked))
				c.mu.Unlock()
				answers <- struct{}{}
			}()
			echoes++
		}
		time.Sleep(time.Until(began.Add(time.Duration(sent) * time.Second / 10_000)))
	}
	took := time.Since(began)
	for range echoes {
		<-answers
	}
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		c.mu.Lock()
		pongs := c.pongs
		c.mu.Unlock()
		if pongs == pings {
			break
		}
		if time.Now().After(end) {
			c.t.Errorf("%d pongs for %d pings", pongs, pings)
			break
		}
	}
	c.t.Logf("%.0f events a second; the slowest of %d calls took %v", float64(sent)/took.Seconds(), echoes, slowest.Round(time.Millisecond))
}

// garbage is what a server should not send.
var garbage = []string{
	``, ` `, `x`, `{`, `}`, `[]`, `[1,2]`, `null`, `true`, `17`, `"text"`, `{}`, `{"type":null}`, `{"type":17}`, `{"type":{}}`, `{"type":""}`,
	`{"type":"agent_response"}`, `{"type":"agent_response","agent_response_event":null}`, `{"type":"agent_response","agent_response_event":[]}`,
	`{"type":"agent_response","agent_response_event":{"agent_response":{}}}`, `{"type":"agent_response","agent_response_event":{"agent_response":"x","event_id":"y"}}`,
	`{"type":"audio"}`, `{"type":"audio","audio_event":{"audio_base_64":7}}`, `{"type":"audio","audio_event":{"audio_base_64":"*","event_id":1}}`,
	`{"type":"client_tool_call"}`, `{"type":"client_tool_call","client_tool_call":{}}`, `{"type":"client_tool_call","client_tool_call":{"tool_name":"","tool_call_id":""}}`,
	`{"type":"client_tool_call","client_tool_call":{"tool_name":["echo"],"tool_call_id":{}}}`,
	`{"type":"ping"}`, `{"type":"ping","ping_event":{"event_id":"x"}}`, `{"type":"ping","ping_event":{"event_id":1e400}}`,
	`{"type":"agent_tool_request","agent_tool_request":{"response_timeout_secs":-1,"tool_call_id":"x"}}`,
	`{"type":"agent_tool_request","agent_tool_request":{"response_timeout_secs":9e18,"tool_call_id":"x"}}`,
	`{"type":"mcp_tool_call","mcp_tool_call":{"state":"awaiting_approval","approval_timeout_secs":-5}}`,
	`{"type":"mcp_tool_call","mcp_tool_call":{"state":"what","tool_call_id":"x"}}`,
	`{"type":"agent_tool_response","agent_tool_response":{"tool_name":"end_call","is_error":"maybe"}}`,
	`{"type":"error"}`, `{"type":"error","error_event":17}`, `{"type":"interruption","interruption_event":{"event_id":-1}}`,
	`{"type":"agent_chat_response_part","text_response_part":{"type":"what","text":null}}`,
	`{"type":"vad_score","vad_score_event":{"vad_score":"loud"}}`,
	`{"type":"agent_response","agent_response_event":{"agent_response":"` + "\xff\xfe" + `","event_id":1}}`,
	`{"type":"conversation_initiation_metadata"}`, strings.Repeat(`[`, 20_000), strings.Repeat(`{"a":`, 20_000),
	`{"type":"` + strings.Repeat("x", 100_000) + `"}`, `{"type":"agent_response","agent_response_event":{"agent_response":"\u0000\ud800\u001b[2J","event_id":1}}`,
}

// TestAConversationThatDoesNotBegin has the first try fail in every way: a
// device tries again, unless that would mend nothing.
func TestAConversationThatDoesNotBegin(t *testing.T) {
	for _, row := range []struct {
		name string
		play func(*conversation)
		says string // the first event retrying, or the error
		exit int
	}{
		{"no metadata", func(c *conversation) { c.stay() }, `^connect: no answer within 10s \|$`, 0},
		{"only pings", func(c *conversation) {
			for n := 0; c.send(&convai.Ping{EventID: n}) == nil; n++ {
				time.Sleep(200 * time.Millisecond)
			}
			c.stay()
		}, `^connect: no answer within 10s \|$`, 0},
		{"anything but metadata", func(c *conversation) {
			for n := 0; n < 2000 && c.send(&convai.VADScore{Score: 1}) == nil; n++ {
			}
			c.stay()
		}, `^connect: 1000 messages and no conversation_initiation_metadata \|$`, 0},
		{"cut before the metadata", func(c *conversation) { c.conn.Close() }, `^connect: read: .*(EOF|reset by peer) \|$`, 0},
		{"closed with 1000 before the metadata", func(c *conversation) { c.close(1000, "") }, `^connect: closed with 1000 \|$`, 0},
		{"closed with 1011 before the metadata", func(c *conversation) { c.close(1011, "") }, `^connect: closed with 1011 \| the server is in trouble`, 0},
		{"closed with 1008 before the metadata", func(c *conversation) {
			c.close(1008, "Missing required dynamic variables in first message: {'name'}")
		}, `\| give the dynamic variable name a value`, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			agent := listen(t, func(c *conversation) {
				if c.number == 1 {
					c.expect("conversation_initiation_client_data")
					row.play(c)
					return
				}
				c.open()
				c.echo("at last")
				c.close(1000, "done")
			})
			child := start(t, "ws://"+agent.host()+"/", script)
			if code := child.wait(); code != row.exit {
				t.Errorf("exit code %d, want %d", code, row.exit)
			}
			child.sane()
			kind := event.Retrying
			if row.exit != 0 {
				kind = event.Error
			}
			if said := child.said(kind); len(said) != 1 || !regexp.MustCompile(row.says).MatchString(said[0]) {
				t.Errorf("said %q, want %s", said, row.says)
			}
			agent.settle(child.orphans(), none)
		})
	}
}

// TestANetworkThatComesBack has the server gone for a while, in the middle of a
// conversation: nobody listens any more, and then somebody does.
func TestANetworkThatComesBack(t *testing.T) {
	t.Parallel()
	agent := listen(t, func(c *conversation) {
		c.open()
		if c.number == 1 {
			c.ask("slow", "slow", `{"seconds":1}`)
			c.stay()
			return
		}
		c.expect("contextual_update")
		c.echo("after")
		c.close(1000, "done")
	})
	l := through(t, agent.host())
	child := start(t, l.url(), script)
	child.until(event.Print, "slow began")
	address := l.listener.Addr().String()
	l.listener.Close()
	l.cut()
	child.until(event.Retrying, "connection refused")
	time.Sleep(time.Second)
	again, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip(err) // somebody else has taken the port
	}
	l.ends.Wait()
	l.listener = again
	l.ends.Go(l.accept)
	if code := child.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	child.sane()
	agent.settle(child.orphans(), none)
}
