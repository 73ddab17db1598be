package bus

import "time"

// A Latency says how long the user has waited for the first word of a reply, and for what. All fields are
// durations in seconds. The parts follow each other without gaps, so their sum is Total. A part that
// nobody reports is 0, and its time belongs to the part after it.
type Latency struct {
	Understand float64 `json:"understand,omitempty"` // from the end of the user's speech to its text
	Decide     float64 `json:"decide,omitempty"`     // until the agent calls a tool, for all rounds of calls
	Tools      float64 `json:"tools,omitempty"`      // while at least one tool call runs
	Answer     float64 `json:"answer,omitempty"`     // until the first text or sound of the reply
	Voice      float64 `json:"voice,omitempty"`      // from the first text or sound until the speaker plays it
	Total      float64 `json:"total"`                // until the first word of the reply
}

// maxUnderstand is the maximum time between the end of the user's speech and its text. An older end is
// that of other speech.
const maxUnderstand = 30 * time.Second

// A LatencyTracker derives from the events of a conversation the latency of each turn. It is not safe for
// use by several goroutines.
type LatencyTracker struct {
	// Sound says that the user hears the replies: the first word is heard when the Speaking event comes.
	// Otherwise the user reads the replies.
	Sound bool

	speaks   bool      // the user speaks
	stopped  time.Time // when the user stopped speaking; zero while the user speaks, and after a turn has begun
	response int       // the largest event id of a reply so far
	turn     *latencyTurn
}

// A latencyTurn is a turn whose first word has not been heard.
type latencyTurn struct {
	hasUser  bool      // the User event has come
	cutShort bool      // the User event has come before the end of the user's speech was noticed
	began    time.Time // when the turn began
	before   int       // the largest event id of a reply before the turn; that reply is not the one of the turn
	edge     time.Time // the end of the part that is known so far
	moved    bool      // a tool call or a reply has come
	running  map[string]bool
	answered bool // the first text or sound has come
	complete bool
	response int // the event id of the reply
	parts    struct{ understand, decide, tools, answer, voice time.Duration }
}

// Note updates the tracker with an event. If the latency of a turn is known now, Note returns a
// LatencyKnown event that says so.
func (t *LatencyTracker) Note(e Event) (known Event, ok bool) {
	switch e.Type {
	case Connected, Disconnected:
		*t = LatencyTracker{Sound: t.Sound}
	case Hearing:
		t.noteHearing(e)
	case User:
		t.noteUser(e)
	case Agent, AgentPart, FirstSound, Speaking:
		t.noteReply(e)
	case ToolCall, ToolResult:
		if turn := t.turn; turn != nil && e.IsOfAgent() {
			turn.noteTool(e)
		}
	case Interruption:
		if t.turn != nil && t.turn.answered {
			t.turn = nil
		}
	}
	if t.turn == nil || !t.turn.complete || !t.turn.hasUser {
		return Event{}, false
	}
	known = t.turn.event(e.Time)
	t.turn = nil
	return known, true
}

// noteHearing notes that the user has begun or stopped speaking. A turn may begin with the end, because
// some services reply before they send the text of what the user said.
func (t *LatencyTracker) noteHearing(e Event) {
	at := e.Time.Add(-time.Duration(e.Seconds * float64(time.Second)))
	if t.turn != nil && !t.turn.hasUser {
		t.turn = nil
	}
	t.speaks, t.stopped = e.On != nil && *e.On, time.Time{}
	switch {
	case t.speaks:
		if t.turn != nil {
			t.turn.cutShort = false // this is other speech
		}
	case t.turn == nil:
		t.stopped = at
		t.begin(at)
	case t.turn.cutShort && at.Before(t.turn.began):
		t.turn.parts.understand = t.turn.began.Sub(at)
	default:
		t.stopped = at
	}
}

func (t *LatencyTracker) begin(at time.Time) {
	t.turn = &latencyTurn{began: at, edge: at, before: t.response, running: map[string]bool{}}
}

// noteUser notes what the user has said or typed. Only what was said has an event id.
func (t *LatencyTracker) noteUser(e Event) {
	spoken := e.EventID != 0 && !t.stopped.IsZero() && e.Time.Sub(t.stopped) < maxUnderstand
	if spoken && t.turn != nil && !t.turn.hasUser && t.turn.moved {
		t.turn.hasUser, t.stopped = true, time.Time{}
		return
	}
	t.begin(e.Time)
	t.turn.hasUser, t.turn.cutShort = true, e.EventID != 0 && t.speaks
	if spoken {
		t.turn.parts.understand = e.Time.Sub(t.stopped)
	}
	t.stopped = time.Time{}
}

// noteReply notes a text or the sound of a reply.
func (t *LatencyTracker) noteReply(e Event) {
	t.response = max(t.response, e.EventID)
	turn := t.turn
	if turn == nil || turn.complete || e.EventID != 0 && e.EventID <= turn.before || e.Type == AgentPart && e.Text == "" {
		return
	}
	if !turn.answered {
		if len(turn.running) > 0 {
			turn.until(e.Time, &turn.parts.tools)
		}
		turn.until(e.Time, &turn.parts.answer)
		turn.answered = true
	}
	turn.response = max(turn.response, e.EventID)
	if e.Type == Speaking {
		turn.until(e.Time, &turn.parts.voice)
	}
	turn.complete = e.Type == Speaking || !t.Sound && e.Type != FirstSound
}

// noteTool notes the beginning or the end of a tool call. Calls after the first text of the reply are in its
// part Voice.
func (turn *latencyTurn) noteTool(e Event) {
	switch {
	case turn.answered:
	case e.Type == ToolCall:
		if len(turn.running) == 0 {
			turn.until(e.Time, &turn.parts.decide)
		}
		turn.running[e.CallID] = true
	case turn.running[e.CallID]:
		if delete(turn.running, e.CallID); len(turn.running) == 0 {
			turn.until(e.Time, &turn.parts.tools)
		}
	}
}

// until adds the time since the last edge to a part.
func (turn *latencyTurn) until(at time.Time, part *time.Duration) {
	*part += max(0, at.Sub(turn.edge))
	turn.edge, turn.moved = at, true
}

// event returns the event that says how long the parts of the turn were.
func (turn *latencyTurn) event(at time.Time) Event {
	p := turn.parts
	return Event{Type: LatencyKnown, Time: at, EventID: turn.response, Latency: &Latency{
		Understand: p.understand.Seconds(), Decide: p.decide.Seconds(), Tools: p.tools.Seconds(), Answer: p.answer.Seconds(), Voice: p.voice.Seconds(),
		Total: (p.understand + p.decide + p.tools + p.answer + p.voice).Seconds(),
	}}
}

// PublishLatency publishes a LatencyKnown event for each turn, until the subscription that it returns is
// closed. sound is LatencyTracker.Sound.
func (b *Bus) PublishLatency(sound bool) *Subscription {
	t := LatencyTracker{Sound: sound}
	return b.Subscribe(func(t Type) bool {
		switch t {
		case Connected, Disconnected, Hearing, User, Agent, AgentPart, FirstSound, Speaking, ToolCall, ToolResult, Interruption:
			return true
		}
		return false
	}, func(e Event) {
		if known, ok := t.Note(e); ok {
			b.Publish(known)
		}
	})
}
