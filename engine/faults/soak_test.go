package faults

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/testkit"
)

var (
	soakTime = flag.Duration("soak", 0, "how long the soak test runs; 0 means 1 min, or 10 min with -long")
	soakSeed = flag.Uint64("seed", 0, "the seed of the soak test; 0 means another one each time")
)

// soakScript is the format of a version of the script for the soak test. The arguments of the
// format are the number of the version, and the interval in seconds at which the script calls
// session.stop.
const soakScript = `
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

// nextStatus lists, for each status, the statuses that may follow it. The key "" stands for the
// time before the first status.
var nextStatus = map[string][]string{
	"":             {"waiting"},
	"waiting":      {"connecting", "ended"},
	"connecting":   {"connected", "reconnecting", "waiting", "ended"},
	"connected":    {"reconnecting", "waiting", "ended"},
	"reconnecting": {"connected", "waiting", "ended"},
	"ended":        {},
}

// A soak is the state that all conversations of the soak test share.
type soak struct {
	t       *testing.T
	network *network
	end     time.Time

	mu    sync.Mutex      // guards the fields below
	lossy map[string]bool // ids of the conversations in which results may get lost
	began map[string]bool // ids of the conversations that have begun for the client
}

// TestSoak does random things for some time: tool calls, duplicate calls, interruptions, saves of
// the script, all ways to end a conversation, session.start and session.stop, and stalls of the
// network. Each tool call must have one outcome, and each status must be allowed after the one
// before. Memory and open files must not grow without limit.
func TestSoak(t *testing.T) {
	skipShort(t)
	t.Parallel()
	testkit.Moonlark(t) // builds the binary before the test measures time
	if *soakTime == 0 {
		*soakTime = time.Minute // it mostly waits, beside the other tests of the package
		if *testkit.Long {
			*soakTime = 10 * time.Minute
		}
	}
	if *soakSeed == 0 {
		*soakSeed = rand.Uint64()
	}
	t.Logf("-soak %v -seed %d", *soakTime, *soakSeed)
	s := &soak{t: t, end: time.Now().Add(*soakTime), lossy: make(map[string]bool), began: make(map[string]bool)}
	ready := make(chan struct{})
	agent := listen(t, func(c *conversation) {
		<-ready
		s.play(c)
	})
	s.network = newNetwork(t, agent.Host())
	close(ready)
	child := start(t, s.network.url(), fmt.Sprintf(soakScript, 0, 2.3), "--wait", "--starts-per-hour", "1000000")
	child.WaitFor("connected", "")
	filesBefore := child.OpenFiles()
	saves := s.disturb(child)
	child.Save("a.lua", fmt.Sprintf(soakScript, saves+1, 1000.0))
	time.Sleep(2 * time.Second) // all tool calls take less than 2 s
	child.WaitFor("reloaded", "")
	filesAfter := child.OpenFiles()
	child.Terminate()

	for _, e := range child.All("connected") {
		s.began[e.ConversationID] = true
	}
	agent.checkOutcomes(orphans(child), s.lost)
	s.checkStatuses(child)
	s.checkEvents(child)
	if filesAfter > filesBefore+10 {
		t.Errorf("%d open files at the beginning, %d at the end", filesBefore, filesAfter)
	}
	if memory := child.MaxMemory(); memory > 500<<20 && !testkit.Race {
		t.Errorf("the process used %d MiB of memory", memory>>20)
	}
	calls := len(agent.calls)
	t.Logf("%d conversations, %d calls, %d with a result, %d orphaned, %d saves; at memory %d MiB",
		agent.Conversations(), calls, len(agent.results), len(orphans(child)), saves, child.MaxMemory()>>20)
	if calls < 10 || agent.Conversations() < 3 {
		t.Error("too few calls and conversations for a soak test")
	}
}

// disturb saves valid and invalid scripts and disturbs the network until s.end. It returns how many
// valid scripts it has saved.
func (s *soak) disturb(child *testkit.Child) (saves int) {
	random := rand.New(rand.NewPCG(*soakSeed, 0))
	for time.Now().Before(s.end) {
		time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
		switch random.IntN(6) {
		case 0:
			child.Save("a.lua", "this is = not Lua")
		case 1:
			s.network.stall()
			time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond)
			s.network.resume()
		case 2:
			s.network.slow(time.Duration(random.IntN(50))*time.Millisecond, 0)
		default:
			saves++
			child.Save("a.lua", fmt.Sprintf(soakScript, saves, 0.5+random.Float64()*3))
		}
	}
	s.network.slow(0, 0)
	return saves
}

// play plays the agent's part in one conversation.
func (s *soak) play(c *conversation) {
	random := rand.New(rand.NewPCG(*soakSeed, uint64(c.Number)))
	if _, err := c.Next(); err != nil { // the client's first message
		return
	}
	if random.IntN(12) == 0 {
		c.Close(1011, "not now")
		return
	}
	c.Send(testkit.Metadata(c.ID, "pcm_16000"))
	for n := range 5 + random.IntN(60) {
		if time.Now().After(s.end) {
			break
		}
		s.act(c, random, n)
		time.Sleep(time.Duration(random.IntN(40)) * time.Millisecond)
	}
	if time.Now().After(s.end) {
		c.Wait()
		return
	}
	switch random.IntN(6) {
	case 0:
		c.Close(1000, "")
	case 1:
		c.Close(1011, "oops")
	case 2:
		s.lose(c)
		c.Cut()
	case 3:
		s.lose(c)
		if random.IntN(3) == 0 && *soakTime >= time.Minute {
			s.network.sever()
		} else {
			s.network.cut()
		}
		c.Wait()
	case 4:
		c.say(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system"})
		c.Wait()
	case 5:
		c.await(c.call("stop", "stop", `{}`))
		c.Wait()
	}
}

// act does one random thing. n is the number of this act in the conversation.
func (s *soak) act(c *conversation, random *rand.Rand, n int) {
	id := fmt.Sprintf("%d-%d", c.Number, n)
	switch random.IntN(12) {
	case 0, 1, 2:
		c.call(id, "echo", `{"text":"x"}`)
	case 3, 4:
		c.call(id, "slow", fmt.Sprintf(`{"seconds":%f}`, random.Float64()))
	case 5:
		c.call(id, "late", `{}`)
	case 6:
		c.call(id, []string{"fails", "nothing"}[random.IntN(2)], `{}`)
	case 7:
		c.call(id, "slow", `{"seconds":0.05}`)
		c.call(id, "slow", `{"seconds":0.05}`)
	case 8:
		c.say(&convai.Interruption{EventID: n})
	case 9:
		c.say(&convai.AgentToolRequest{ToolName: "slow", ToolCallID: id, ToolType: "client", ResponseTimeoutSecs: 1})
		c.call(id, "slow", `{"seconds":2}`)
	case 10:
		c.Send(testkit.AgentResponse("hello", n))
		c.say(&convai.UserTranscript{Text: "hello", EventID: n})
		c.Send(testkit.Ping(n))
	case 11:
		c.Send(garbage[random.IntN(len(garbage))])
	}
}

// lose records that results which the client has sent in the conversation c may get lost.
func (s *soak) lose(c *conversation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lossy[c.ID] = true
}

// lost reports whether a tool call or its result may have got lost. The client does not receive the
// first calls of a conversation if session.stop has given up the attempt to connect. call is a key of
// agent.calls.
func (s *soak) lost(call string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _, _ := strings.Cut(call, " ")
	return s.lossy[id] || !s.began[id]
}

// checkStatuses fails the test if the script has printed a status that may not follow the one
// before.
func (s *soak) checkStatuses(c *testkit.Child) {
	status := ""
	for _, text := range c.Texts("print") {
		next, ok := strings.CutPrefix(strings.TrimSuffix(text, " |"), "status ")
		if !ok {
			continue
		}
		if !slices.Contains(nextStatus[status], next) {
			s.t.Errorf("the status %s follows %q", next, status)
		}
		status = next
	}
}

// checkEvents fails the test unless each tool call was shown once, with exactly one result, and no
// event was dropped.
func (s *soak) checkEvents(c *testkit.Child) {
	calls, results := make(map[string]int), make(map[string]int)
	for _, e := range c.All("") {
		switch e.Type {
		case "tool_call":
			calls[e.CallID]++
		case "tool_result":
			results[e.CallID]++
		case "dropped":
			s.t.Errorf("%d events were not shown", e.Count)
		case "log":
			if strings.Contains(e.Text, "dropped: ") {
				s.t.Error(e.Text)
			}
		}
	}
	for id, n := range calls {
		// calls of several conversations may have these ids
		reused := id == "stop" || strings.HasSuffix(id, " without an id")
		if results[id] != n || n != 1 && !reused {
			s.t.Errorf("%s was shown %d times, with %d results", id, n, results[id])
		}
	}
	for id, n := range results {
		if calls[id] == 0 {
			s.t.Errorf("%s was not shown, but %d results", id, n)
		}
	}
}
