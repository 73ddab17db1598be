package faults

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/testkit"
)

// TestAConversationSurvivesDisturbances disturbs a conversation in ways that must not end it. No
// tool result may get lost, and there must be no second conversation.
func TestAConversationSurvivesDisturbances(t *testing.T) {
	skipShort(t)
	t.Parallel()
	for _, row := range []struct {
		name string
		play func(*conversation, *network)
		more string // Lua code to append to the script
		kind string // type of an event that must occur; empty if no event must
		says string // regular expression for the text of this event
	}{
		{name: "1 kB a second", play: func(c *conversation, n *network) {
			n.slow(0, 1000)
			for i := range 4 {
				c.Send(testkit.Ping(i))
				c.echo(fmt.Sprintf("slowly-%d-%s", i, strings.Repeat("x", 500)))
			}
			n.slow(0, 0)
		}},
		{name: "2 s of latency", play: func(c *conversation, n *network) {
			n.slow(2*time.Second, 0)
			// longer than the interval between the WebSocket pings of the client
			time.Sleep(7 * time.Second)
			c.echo("late")
			n.slow(0, 0)
		}},
		{name: "stalls", play: func(c *conversation, n *network) {
			for i := range 2 {
				n.stall()
				id := fmt.Sprint("stalled-", i)
				result := c.call(id, "echo", `{"text":"x"}`)
				time.Sleep(time.Duration(2+4*i) * time.Second)
				n.resume()
				c.want(id, result, "echo x")
			}
		}},
		{name: "frames of 15 MiB", play: longFrames, more: slowHandler},
		{name: "10,000 events a second", play: flood, more: slowHandler, kind: "log", says: "events were dropped|event.* dropped"},
		{name: "garbage", play: func(c *conversation, n *network) {
			for i, frame := range garbage {
				c.Send(frame)
				if i%10 == 0 {
					c.echo(fmt.Sprint("amid-", i))
				}
			}
			c.SendBinary([]byte{0, 1, 2})
			c.Send([]byte{0xff, 0xfe, '{'})
			c.Send("")
		}},
		{name: "metadata twice", play: func(c *conversation, n *network) {
			c.say(&convai.ConversationInitiationMetadata{ConversationID: "conv_other", AgentOutputAudioFormat: "ulaw_8000"})
		}, more: slowHandler, kind: "print", says: "metadata conv_other"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			networks := make(chan *network, 1)
			agent := listen(t, func(c *conversation) {
				c.Open()
				if c.Number > 1 {
					t.Errorf("conversation %d", c.Number)
					return
				}
				c.echo("before")
				row.play(c, <-networks)
				c.echo("after")
				c.Close(1000, "done")
			})
			n := newNetwork(t, agent.Host())
			networks <- n
			child := start(t, n.url(), script+row.more)
			wait(t, child, 0)
			if row.kind != "" {
				child.WaitFor(row.kind, row.says)
			}
			agent.checkOutcomes(orphans(child), none)
			if said := child.Texts("disconnected"); len(said) != 1 || said[0] != "done |" {
				t.Errorf("disconnected events %q", said)
			}
			t.Logf("at most %d MiB", child.MaxMemory()>>20)
		})
	}
}

// slowHandler is Lua code whose handler is slower than the events arrive. At most 256 handlers run
// at the same time and each takes 0.5 s, so they handle at most 512 events a second.
const slowHandler = `on("*", function(e) if e.type == "agent_response" then sleep(0.5) end end)`

// longFrames sends frames of 15 MiB, which is a little less than the client's limit.
func longFrames(c *conversation, _ *network) {
	long := strings.Repeat("x", 15<<20)
	for n := range 2 {
		c.Send(`{"type":"agent_response","agent_response_event":{"event_id":1,"agent_response":"` + long + `"}}`)
		c.Send(`{"type":"audio","audio_event":{"event_id":1,"audio_base_64":"` + long + `"}}`)
		c.Send(`{"type":"of_tomorrow","x":"` + long + `"}`)
		c.Send(`{"type":"of_tomorrow","x":"` + long)
		c.SendBinary([]byte(long))
		if r := c.await(c.call(fmt.Sprint("long-", n), "size", `{"text":"`+long+`"}`)); !r.IsError || !strings.Contains(r.Result, "longer than 8388608 bytes") {
			c.agent.t.Errorf("size of 15 MiB = %.200v", r)
		}
		id := fmt.Sprint("size-", n)
		c.want(id, c.call(id, "size", `{"text":"`+long[:7<<20]+`"}`), fmt.Sprint("size ", 7<<20))
	}
}

// flood sends events of many types for 3 s, far more than a real server would. It also sends tool
// calls and pings, which must be answered.
func flood(c *conversation, _ *network) {
	const lasts = 3 * time.Second
	began, sent := time.Now(), 0
	var checks sync.WaitGroup
	var mu sync.Mutex
	var slowest time.Duration
	pings, calls := 0, 0
	for time.Since(began) < lasts {
		for range 100 {
			switch sent % 5 {
			case 0:
				c.say(&convai.VADScore{Score: 0.5})
			case 1:
				c.say(&convai.AgentChatResponsePart{Text: "word ", Part: convai.PartDelta, EventID: 1})
			case 2:
				c.say(&convai.AgentResponse{Text: "word", EventID: sent})
			case 3:
				c.say(&convai.TentativeUserTranscript{Text: "word", EventID: sent})
			case 4:
				c.Send(`{"type":"of_tomorrow","n":1}`)
			}
			sent++
		}
		number := pings
		pings++
		checks.Go(func() {
			if _, err := c.Ping(number); err != nil {
				c.agent.t.Errorf("ping %d: %v", number, err)
			}
		})
		if sent%1000 == 0 {
			id := fmt.Sprint("flood-", calls)
			calls++
			called := time.Now()
			result := c.call(id, "echo", `{"text":"x"}`)
			checks.Go(func() {
				c.want(id, result, "echo x")
				mu.Lock()
				defer mu.Unlock()
				slowest = max(slowest, time.Since(called))
			})
		}
		time.Sleep(time.Until(began.Add(time.Duration(sent) * time.Second / 10_000)))
	}
	took := time.Since(began)
	checks.Wait()
	c.agent.t.Logf("%.0f events a second; the slowest of %d calls took %v", float64(sent)/took.Seconds(), calls, slowest.Round(time.Millisecond))
}

// garbage contains frames that a server should not send.
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
