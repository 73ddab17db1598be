package faults

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// busy is the script of the soak, in one of its versions.
const busy = `
-- version %d
register_tool("echo", function(args) return "echo " .. args.text end)
register_tool("slow", function(args) sleep(args.seconds) return "slow" end)
register_tool { name = "late", timeout = 0.1, handler = function() sleep(60) end }
register_tool("fails", function() error("on purpose") end)
register_tool("stop", function() session.stop() return "stopped" end)
on("status", function(e) print("status " .. e.status) end)
on("orphaned_result", function(e) print("orphan " .. e.conversation_id .. " " .. e.tool_call_id) end)
on("*", function() end)
session.resume_context(function() return "it was cut short" end)
every(0.05, function() if session.status() == "waiting" then session.start { user_id = "soak" } end end)
every(%f, function() session.stop() end)
`

// after is which status may follow another.
var after = map[string][]string{
	"":             {"waiting"},
	"waiting":      {"connecting", "ended"},
	"connecting":   {"connected", "reconnecting", "waiting", "ended"},
	"connected":    {"reconnecting", "waiting", "ended"},
	"reconnecting": {"connected", "waiting", "ended"},
	"ended":        {},
}

// TestSoak mixes it all at random for a while: calls, duplicates, interruptions,
// saves, ends of every kind, session.start and session.stop, a network that
// stalls. Each call has one outcome, each status follows from the one before,
// nothing crashes, and nothing piles up.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-soak %v -seed %d", *long, *seed)
	build(t)
	s := &soak{t: t, over: time.Now().Add(*long), lossy: make(map[string]bool)}
	ready := make(chan struct{})
	agent := listen(t, func(c *conversation) {
		<-ready
		s.play(c)
	})
	s.line = through(t, agent.host())
	close(ready)
	child := start(t, s.line.url(), fmt.Sprintf(busy, 0, 2.3), "--wait", "--starts-per-hour", "1000000")
	child.until(event.Connected, "")
	before := files(child)
	random := rand.New(rand.NewPCG(*seed, 0))
	saves := 0
	for time.Now().Before(s.over) {
		time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
		switch random.IntN(6) {
		case 0:
			child.save("this is = not Lua")
		case 1:
			s.line.hold()
			time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond)
			s.line.release()
		case 2:
			s.line.slow(time.Duration(random.IntN(50))*time.Millisecond, 0)
		default:
			saves++
			child.save(fmt.Sprintf(busy, saves, 0.5+random.Float64()*3))
		}
	}
	s.line.slow(0, 0)
	child.save(fmt.Sprintf(busy, saves+1, 1000.0))
	time.Sleep(2 * time.Second) // for the last results
	child.until(event.Reloaded, "")
	now := files(child)
	child.terminate()

	agent.settle(child.orphans(), s.lost)
	s.check(child)
	if now > before+10 {
		t.Errorf("files: %d at first, %d at the end", before, now)
	}
	if most := child.most.Load(); most > 500<<20 && !*race {
		t.Errorf("it took %d MiB", most>>20)
	}
	calls, answers := len(agent.asked), len(agent.answers)
	t.Logf("%d conversations, %d calls, %d answered, %d orphaned, %d saves; %d MiB at most", agent.conversations(), calls, answers, len(child.orphans()), saves, child.most.Load()>>20)
	if calls < 10 || agent.conversations() < 3 {
		t.Error("that was no soak")
	}
}

// A soak is what all conversations of one have in common.
type soak struct {
	t    *testing.T
	line *line
	over time.Time

	mu    sync.Mutex // guards what follows
	lossy map[string]bool
}

// play is one conversation.
func (s *soak) play(c *conversation) {
	random := rand.New(rand.NewPCG(*seed, uint64(c.number)))
	select {
	case _, ok := <-c.in: // the client's first message
		if !ok {
			return
		}
	case <-time.After(patience):
		s.t.Errorf("%s: nothing came", c.id)
		return
	}
	if random.IntN(12) == 0 {
		c.close(1011, "not now")
		return
	}
	c.send(&convai.ConversationInitiationMetadata{ConversationID: c.id})
	for n := range 5 + random.IntN(60) {
		if time.Now().After(s.over) {
			break
		}
		id := fmt.Sprintf("%d-%d", c.number, n)
		switch random.IntN(12) {
		case 0, 1, 2:
			c.ask(id, "echo", `{"text":"x"}`)
		case 3, 4:
			c.ask(id, "slow", fmt.Sprintf(`{"seconds":%f}`, random.Float64()))
		case 5:
			c.ask(id, "late", `{}`)
		case 6:
			c.ask(id, []string{"fails", "nothing"}[random.IntN(2)], `{}`)
		case 7:
			c.ask(id, "slow", `{"seconds":0.05}`)
			c.ask(id, "slow", `{"seconds":0.05}`)
		case 8:
			c.send(&convai.Interruption{EventID: n})
		case 9:
			c.send(&convai.AgentToolRequest{ToolName: "slow", ToolCallID: id, ToolType: "client", ResponseTimeoutSecs: 1})
			c.ask(id, "slow", `{"seconds":2}`)
		case 10:
			c.send(&convai.AgentResponse{Text: "hello", EventID: n})
			c.send(&convai.UserTranscript{Text: "hello", EventID: n})
			c.send(&convai.Ping{EventID: n})
		case 11:
			c.raw(1, []byte(garbage[random.IntN(len(garbage))]))
		}
		time.Sleep(time.Duration(random.IntN(40)) * time.Millisecond)
	}
	if time.Now().After(s.over) {
		c.stay()
		return
	}
	switch random.IntN(6) {
	case 0:
		c.close(1000, "")
	case 1:
		c.close(1011, "oops")
	case 2:
		s.lose(c)
		c.conn.Close()
	case 3:
		s.lose(c)
		if random.IntN(3) == 0 && *long >= time.Minute {
			s.line.sever()
			c.stay()
		} else {
			s.line.cut()
			c.stay()
		}
	case 4:
		c.send(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system"})
		c.stay()
	case 5:
		c.ask("stop", "stop", `{}`)
		c.stay()
	}
}

// lose notes that what the client has written to c may not arrive.
func (s *soak) lose(c *conversation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lossy[c.id] = true
}

func (s *soak) lost(call string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _, _ := strings.Cut(call, " ")
	return s.lossy[id]
}

// check looks at what the child has said about it all.
func (s *soak) check(c *child) {
	status := ""
	for _, text := range c.said(event.Print) {
		next, ok := strings.CutPrefix(strings.TrimSuffix(text, " |"), "status ")
		if !ok {
			continue
		}
		legal := false
		for _, may := range after[status] {
			legal = legal || may == next
		}
		if !legal {
			s.t.Errorf("the status %s follows %q", next, status)
		}
		status = next
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	results := make(map[string]int)
	for _, e := range c.events {
		switch e.Type {
		case event.ToolResult:
			if e.CallID != "stop" {
				results[e.CallID]++
			}
		case event.ToolCall:
			if e.CallID != "stop" {
				results[e.CallID] += 0
			}
		case event.Dropped:
			s.t.Errorf("%d events were not shown", e.Count)
		case event.Log:
			if strings.Contains(e.Text, "dropped: ") {
				s.t.Error(e.Text)
			}
		}
	}
	for id, n := range results {
		if n != 1 {
			s.t.Errorf("%s was shown with %d results", id, n)
		}
	}
}

// files is how many a child has open; 0 where they cannot be counted.
func files(c *child) int {
	all, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", c.cmd.Process.Pid))
	return len(all)
}
