package screen

import (
	"errors"
	"slices"
	"time"

	"moonlark/engine/clock"
)

// A Touch is what a page sends when somebody touches it. The JSON names are those of the request.
type Touch struct {
	Key    string `json:"id"`     // of the button; "" if none was touched
	Action string `json:"action"` // what has been done: one of Actions
}

// The actions of a touch.
const (
	Press   = "press"   // a button has been touched
	Choose  = "choose"  // a choice of a question has been touched
	Dismiss = "dismiss" // a question has been closed without an answer
	Wake    = "wake"    // the idle page has been touched
	Here    = "here"    // somebody has touched something else: a question waits longer
)

// Actions are the actions of a touch.
var Actions = []string{Press, Choose, Dismiss, Wake, Here}

// A Touched is what a touch means to a script.
type Touched struct {
	ID     string // the id of the button or its block; "" if the script has given none
	Action string // one of Actions
	Value  string // the value of the button, or its text
}

// A Pressed is the touch of a button that has a handler.
type Pressed struct {
	Handler int // the Number of the Handler
	Touched     // what the touch means
}

// Errors of [Screen.Touch].
var (
	// ErrGone says that the document does not have the button any more.
	ErrGone = errors.New("this button is not on the screen any more")
	// ErrOld says that the script has been loaded again since it has shown the button.
	ErrOld = errors.New("this button is of an older version")
	// ErrTooMany says that there were more than 10 touches in a second.
	ErrTooMany = errors.New("there are too many touches")
	// ErrAction says that the touch has an unknown action.
	ErrAction = errors.New("there is no such action: want press, choose, dismiss, wake or here")
)

// maxTouches is the maximal number of touches in a second.
const maxTouches = 10

// A Reaction says what the caller of Touch must do.
type Reaction struct {
	Say  string // say this for the user; "" means nothing
	Wake bool   // begin a conversation, if there is none
}

// Touch carries out a touch of the page. It calls the handler of the script, answers the question that
// is shown, and passes the event TouchDone on. The error is one of those above, or says why the script
// cannot handle the touch.
func (s *Screen) Touch(t Touch) (Reaction, error) {
	if !slices.Contains(Actions, t.Action) {
		return Reaction{}, ErrAction
	}
	s.mu.Lock()
	if !s.countTouch() {
		s.mu.Unlock()
		return Reaction{}, ErrTooMany
	}
	s.extend()
	var r Reaction
	var after []func()
	var press func() error
	touched := Touched{Action: t.Action}
	var err error
	switch t.Action {
	case Here:
		notify := func() {}
		if s.ask != nil {
			notify = s.changed() // the pages show how long the question waits
		}
		s.mu.Unlock()
		notify()
		return r, nil
	case Wake:
		r.Wake = s.settings.Wake
	case Choose, Dismiss:
		touched.Value, after, err = s.answer(t)
	case Press:
		var b binding
		if b, err = s.find(t.Key); err == nil {
			r.Say, touched.ID, touched.Value = b.say, b.id, b.value
			if b.handler.Number != 0 {
				deliver := s.owner.press
				press = func() error { return deliver(Pressed{b.handler.Number, touched}) }
			}
		}
	}
	emit := s.emit(Event{Kind: TouchDone, Touch: touched})
	s.mu.Unlock()
	runAll(after)
	if err == nil && press != nil {
		err = press()
	}
	if err == nil {
		emit()
	}
	return r, err
}

// find returns what a touch of the button with this key does. The caller holds s.mu.
func (s *Screen) find(key string) (b binding, err error) {
	b, ok := s.idle.bindings[key]
	if !ok && s.owner != nil {
		b, ok = s.content.bindings[key]
	}
	switch {
	case !ok:
		return b, ErrGone
	case b.handler.Number != 0 && (s.isOld(b) || s.owner.press == nil):
		return b, ErrOld
	}
	return b, nil
}

// countTouch counts a touch. It returns false if there were too many in this second. The caller holds
// s.mu.
func (s *Screen) countTouch() bool {
	if now := s.clock.Now(); s.touchTime.IsZero() || now.Sub(s.touchTime) >= time.Second {
		s.touchTime, s.touches = now, 0
	}
	s.touches++
	return s.touches <= maxTouches
}

// A question is a Question that is shown.
type question struct {
	client  *Client
	shown   *Question
	timeout time.Duration // 0 means none
	until   time.Time
	timer   clock.Timer // nil without a timeout
	done    func(choice, reason string)
}

// Ask shows a question, in place of one that is shown. done is called once, on any goroutine, with the
// text of the choice, or with the reason why there is none: "timeout", "dismissed", "replaced" by another
// question, or "closed". It is not called after cancel, which removes the question. A timeout of 0 means
// none.
func (c *Client) Ask(q *Question, timeout time.Duration, done func(choice, reason string)) (cancel func(), err error) {
	asked := &question{client: c, shown: q, timeout: timeout, done: done}
	var ended []func()
	err = c.do(func(s *Screen) error {
		if s.ask != nil {
			ended = append(ended, s.endQuestion("", "replaced"))
		}
		s.ask = asked
		if timeout > 0 {
			asked.until = s.clock.Now().Add(timeout)
			asked.timer = s.clock.AfterFunc(timeout, func() { c.screen.expire(asked) })
		}
		return nil
	})
	runAll(ended)
	return func() {
		c.screen.change(func() error {
			if c.screen.ask != asked {
				return errors.New("another question is shown")
			}
			c.screen.endQuestion("", "")
			return nil
		})
	}, err
}

// endQuestion removes the question, and returns the function that tells the script. The caller holds s.mu.
func (s *Screen) endQuestion(choice, reason string) func() {
	q := s.ask
	s.ask = nil
	if q.timer != nil {
		q.timer.Stop()
	}
	return func() { q.done(choice, reason) }
}

// expire ends the question if its time has passed. A touch or a word may have extended the time.
func (s *Screen) expire(q *question) {
	ended := func() {}
	s.change(func() error {
		left := q.until.Sub(s.clock.Now())
		switch {
		case s.ask != q:
			return errors.New("the question has been answered")
		case left > 0:
			q.timer.Reset(left)
			return errors.New("the question waits longer")
		}
		ended = s.endQuestion("", "timeout")
		return nil
	})
	ended()
}

// answer ends the question that is shown with a choice, or without one if the touch dismisses it. The
// caller holds s.mu, and then runs after without it.
func (s *Screen) answer(t Touch) (choice string, after []func(), err error) {
	q := s.ask
	if q == nil {
		return "", nil, ErrGone
	}
	i := slices.IndexFunc(q.shown.Choices, func(b Button) bool { return b.Key == t.Key })
	switch {
	case t.Action == Choose && i < 0, t.Action == Dismiss && i < 0 && t.Key != "":
		return "", nil, ErrGone
	case t.Action == Dismiss:
		after = append(after, s.endQuestion("", "dismissed"))
	default:
		choice = q.shown.Choices[i].Text
		after = append(after, s.endQuestion(choice, ""))
	}
	return choice, append(after, s.changed()), nil
}

// extend lets a question wait for its whole timeout again. The caller holds s.mu.
func (s *Screen) extend() {
	if q := s.ask; q != nil && q.timeout > 0 {
		q.until = s.clock.Now().Add(q.timeout)
	}
}

// Heard makes a question wait longer, as after a touch. Call it when the user has spoken.
func (s *Screen) Heard() {
	s.change(func() error {
		if s.ask == nil || s.ask.timeout == 0 {
			return errors.New("nothing has changed")
		}
		s.extend()
		return nil
	})
}
