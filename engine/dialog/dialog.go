// Package dialog decides WHAT happens in a conversation. It runs the tools that the agent calls and
// sends their results, answers requests for approval, follows whose turn it is, ends conversations
// that are silent or last for too long, and lets the agent's last words be heard. Package life
// decides when there is a conversation. Package voice plays and records its sound.
//
// A [Dialog] uses any [Conversation]: an open WebSocket, or a simulated one in tests. The dialog
// handles messages on the goroutine that reads the socket and never blocks there. Tools run on the
// executors of their scripts, which are goroutines.
package dialog

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/life"
	"moonlark/engine/script"
	"moonlark/engine/voice"
)

// goodbyeTimeout is how long the server may take to close the connection after Moonlark has sent
// its close frame.
const goodbyeTimeout = 500 * time.Millisecond

// A Conversation is an open connection to an agent. *convai.Conversation implements it and
// documents the methods.
type Conversation interface {
	Metadata() convai.ConversationInitiationMetadata
	Run(ctx context.Context, handler func(convai.Frame)) error
	Send(convai.Message) error
	Offer(convai.Message) error
	SendSound(chunk []byte) (dropped int)
	SendEarlySound(chunk []byte) (dropped int)
	Unsent() []convai.Message
	Waiting() int
	Stuck() bool
	Close(ctx context.Context, reason string) error
}

// Scripts runs the tools. *script.Scripts implements it.
type Scripts interface {
	Call(*script.Call)
	ShortenTimeout(c *script.Call, timeout time.Duration)
	Owner(tool string) (scriptName, at string)
	Listens(event string) bool
}

// Options are the settings of all dialogs with one agent. Bus, Scripts and Turns must be set.
type Options struct {
	Bus     *bus.Bus
	Scripts Scripts
	Turns   *Turns
	Voice   *voice.Voice // nil when sound is off

	// Greets is true if the agent always begins the conversation with a greeting. AwaitGreeting then
	// waits longer for the greeting.
	Greets bool

	// Idle is how long a silence may last, and MaxLength how long the dialog may last, before the
	// dialog is ended. In a silence nobody speaks, nothing is played and no tool runs. Zero means no
	// limit.
	Idle, MaxLength time.Duration

	// Held reports whether the results of tools may still be sent: see engine.Options. Nil means always.
	Held func() bool

	// EndProgram makes the whole program end normally, and with it the dialog. It does not wait.
	// The dialog calls it, instead of closing the conversation, when the dialog is to end and no
	// other conversation can follow. Nil means that another conversation can follow.
	EndProgram func()

	// Shutdown is called when the program ends, before the connection is closed. It answers the
	// tool calls that are still running. Nil does nothing.
	Shutdown func()

	// Hold calls Begun when the dialog's methods may be called, before the bus is told that the
	// conversation has begun. Hold calls Connected when the sound has begun too. Nil does nothing.
	Begun     func(*Dialog)
	Connected func()
}

// A Dialog is one conversation, from its first message to its end. Each tool call has exactly one
// outcome: its result is sent to the agent, or an orphaned_result event contains the result.
type Dialog struct {
	opts  Options
	conv  Conversation
	id    string // id of the conversation
	turn  turnID // number of the conversation in opts.Turns
	began time.Time

	// when something last happened that ends a silence, as a time.Duration since began
	silentSince atomic.Int64
	roundTrip   atomic.Int64 // see RoundTrip, as a time.Duration

	mu        sync.Mutex          // guards the fields below
	calls     map[string]toolCall // tool calls without an outcome, by the id of the call
	answered  recentIDs           // ids of the calls that have their outcome
	withoutID int                 // number of calls without an id
	// how long the agent waits for the result of a tool call that has not arrived yet, by the id of
	// the call
	timeouts  map[string]time.Duration
	approvals map[string]*approval // all requests for approval, by the id of the MCP tool call
	left      bool                 // Leave has been called
	ended     bool                 // the conversation has ended

	ctx     context.Context // done when the program ends; set by Hold
	leaving sync.WaitGroup  // waits for the goroutine that Leave starts
}

// New makes a dialog that uses the open conversation conv. The caller must then call either Hold or
// Discard. The other methods may be called only after Hold has called Options.Begun.
func New(conv Conversation, opts Options) *Dialog {
	return &Dialog{
		opts: opts, conv: conv, id: conv.Metadata().ConversationID, began: time.Now(), ctx: context.Background(),
		calls: make(map[string]toolCall), timeouts: make(map[string]time.Duration), approvals: make(map[string]*approval),
	}
}

// Hold runs the dialog until the conversation has ended. reconnected says that the conversation
// replaces one that was cut off. preroll says that the agent must first hear the sound that the
// microphone recorded just before the conversation. When ctx is done, Hold answers the running tool
// calls and closes the conversation. The error in the returned Ending is nil when this side asked
// for the end, a *convai.CloseError when the agent closed the conversation without an error, and
// otherwise an *EndedError.
func (d *Dialog) Hold(ctx context.Context, reconnected, preroll bool) life.Ending {
	d.ctx = ctx
	d.turn = d.opts.Turns.begin(d.opts.Greets)
	if d.opts.Begun != nil {
		d.opts.Begun(d)
	}
	d.opts.Bus.Publish(bus.Event{Type: bus.Connected, ConversationID: d.id})
	d.beginSound(preroll)
	if d.opts.Connected != nil {
		d.opts.Connected()
	}
	if reconnected {
		d.opts.Bus.Publish(bus.Event{Type: bus.Reconnected, ConversationID: d.id})
	}

	limits, endLimits := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { d.watchLimits(limits) })
	shutDown := make(chan struct{})
	stopShutdown := context.AfterFunc(ctx, func() {
		d.shutDown()
		close(shutDown)
	})
	err := d.conv.Run(context.Background(), d.handle)
	d.mu.Lock()
	d.ended = true
	stopped := ctx.Err() != nil || d.left
	d.mu.Unlock()
	d.opts.Turns.hungUp()
	endLimits()
	watching.Wait()
	d.endSound()
	if !stopShutdown() {
		<-shutDown
	}
	d.leaving.Wait()
	d.endCalls()
	d.endApprovals()
	return d.report(err, stopped)
}

// Discard closes the conversation. Call it instead of Hold.
func (d *Dialog) Discard() { d.close("User ended conversation") }

// shutDown ends the dialog when the program ends. It answers the running tool calls and unloads the
// scripts, both with Options.Shutdown. It then sends all queued messages and closes the connection.
func (d *Dialog) shutDown() {
	if d.opts.Shutdown != nil {
		d.opts.Shutdown()
	}
	d.close("User ended conversation")
}

func (d *Dialog) close(reason string) {
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTimeout)
	defer cancel()
	d.conv.Close(ctx, reason)
}

// Say sends the agent a text message of the user. It returns an error when the conversation has
// ended or the send queue is full. A full queue does not end the dialog.
func (d *Dialog) Say(text string) error {
	d.NoteActivity()
	d.opts.Turns.userSpoke()
	if err := d.conv.Offer(&convai.UserMessage{Text: text}); err != nil {
		d.opts.Turns.takeBack()
		return err
	}
	d.opts.Bus.Publish(bus.Event{Type: bus.User, Text: text})
	return nil
}

// Offer sends the agent any other message. It returns an error when the conversation has ended or
// the send queue is full. A full queue does not end the dialog.
func (d *Dialog) Offer(m convai.Message) error { return d.conv.Offer(m) }

// Health returns how many messages wait to be sent, and whether the goroutine that reads the
// conversation is stuck because the handler of the messages does not return.
func (d *Dialog) Health() (pending int, stuck bool) { return d.conv.Waiting(), d.conv.Stuck() }

// RoundTrip returns how long a message to the agent's server and its answer take, as the server has measured
// it last, or 0 if it has not.
func (d *Dialog) RoundTrip() time.Duration { return time.Duration(d.roundTrip.Load()) }

func (d *Dialog) warn(format string, args ...any) {
	d.log(slog.LevelWarn, fmt.Sprintf(format, args...))
}

func (d *Dialog) log(level slog.Level, text string) { d.opts.Bus.Log("", level, text) }
