package bus

import "time"

// A Latency says how long the user has waited for the first word of a reply, and which parts this time had.
// All fields are durations in seconds. Each part begins when the one before it ends, so that their sum is
// Total. If no event marks the end of a part, the part is 0, and its time is counted in the next part.
type Latency struct {
	Understand float64 `json:"understand,omitempty"` // from the end of the user's speech to its text
	Decide     float64 `json:"decide,omitempty"`     // until the agent calls a tool, for all rounds of calls
	Tools      float64 `json:"tools,omitempty"`      // while at least one tool call runs
	Answer     float64 `json:"answer,omitempty"`     // until the first text or sound of the reply
	Voice      float64 `json:"voice,omitempty"`      // from the first text or sound until the speaker plays it
	Total      float64 `json:"total"`                // until the first word of the reply
}

// maxUnderstand is the maximum time between the event that the user has stopped speaking and the event with
// the text of that speech. If more time has passed, the two events belong to different speech, and the turn
// begins with the text.
const maxUnderstand = 30 * time.Second

// A LatencyTracker derives from the events of a conversation the latency of each turn. It is not safe for
// use by several goroutines.
type LatencyTracker struct {
	// Sound is true if the user hears the replies. The user then gets the first word of a reply when the
	// Speaking event comes. Otherwise the user reads the replies, and gets the first word with its text.
	Sound bool

	speaks   bool         // the user is speaking now
	stopped  time.Time    // when the user stopped speaking; zero while the user speaks, and after a turn has begun
	response int          // the largest event id of a reply so far
	turn     *latencyTurn // the turn whose latency is not known yet; nil if there is none
}

// A latencyTurn is a turn in which the user has not got the first word of the reply yet.
type latencyTurn struct {
	hasUser  bool            // the User event has come
	cutShort bool            // the User event has come before the end of the user's speech was noticed
	began    time.Time       // when the turn began
	before   int             // the largest event id of a reply before the turn; that reply is not the one of the turn
	edge     time.Time       // the end of the newest part of which the end is known; began before there is one
	moved    bool            // the end of a part is known: a tool call or a reply has come
	running  map[string]bool // the tool calls without a result, by their ids
	answered bool            // the first text or sound of the reply has come
	complete bool            // the user has got the first word of the reply
	response int             // the event id of the reply
	parts    struct{ understand, decide, tools, answer, voice time.Duration }
}

// Note updates the tracker with an event. If the latency of a turn is known after this event, Note returns
// a LatencyKnown event with the latency, and true.
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

// noteHearing handles the event that the user has begun or stopped speaking. A turn may begin when the user
// stops, before the text of the speech comes, because some services send their reply before that text.
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

// noteUser handles the event with a text that the user has said or typed. Only a text that was said has an
// event id.
func (t *LatencyTracker) noteUser(e Event) {
	follows := e.EventID != 0 && !t.stopped.IsZero() && e.Time.Sub(t.stopped) < maxUnderstand
	if follows && t.turn != nil && !t.turn.hasUser && t.turn.moved {
		t.turn.hasUser, t.stopped = true, time.Time{}
		return
	}
	t.begin(e.Time)
	t.turn.hasUser, t.turn.cutShort = true, e.EventID != 0 && t.speaks
	if follows { // the text is that of the speech that ended at t.stopped
		t.turn.parts.understand = e.Time.Sub(t.stopped)
	}
	t.stopped = time.Time{}
}

// noteReply handles an event of a reply: some of its text, or the beginning of its sound.
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

// noteTool handles the beginning or the end of a tool call. The time of calls after the first text of the
// reply is counted in the part Voice.
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

// until adds the time from turn.edge to at to a part, and makes at the new edge.
func (turn *latencyTurn) until(at time.Time, part *time.Duration) {
	*part += max(0, at.Sub(turn.edge))
	turn.edge, turn.moved = at, true
}

// event returns the LatencyKnown event of the turn.
func (turn *latencyTurn) event(at time.Time) Event {
	p := turn.parts
	return Event{Type: LatencyKnown, Time: at, EventID: turn.response, Latency: &Latency{
		Understand: p.understand.Seconds(), Decide: p.decide.Seconds(), Tools: p.tools.Seconds(), Answer: p.answer.Seconds(), Voice: p.voice.Seconds(),
		Total: (p.understand + p.decide + p.tools + p.answer + p.voice).Seconds(),
	}}
}

// PublishLatency starts to measure the latency of each turn, and publishes a LatencyKnown event when the
// latency of a turn is known. The caller must close the subscription that PublishLatency returns; that ends
// the measuring. sound says whether the user hears the replies: see LatencyTracker.Sound.
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
