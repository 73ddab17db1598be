package story

import (
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine/localagent/realtime/realtimetest"
)

// realtime starts a speech-to-speech service and sets the variable args[0] to its URL. It answers
// each message of the user with a call of the tool args[1] with the arguments args[2], and then
// with the text args[3].
func (s *story) realtime(ts *testscript.TestScript, args []string) {
	play := func(session *realtimetest.Session) {
		for session.IsOpen() {
			session.AskedOrGone().Call("call_1", args[1], args[2]).Done()
			session.AskedOrGone().Open("item_1").Text("item_1", args[3]).Sound("item_1", 200*time.Millisecond).Shut("item_1", args[3]).Done()
		}
	}
	const maxSessions = 10
	plays := make([]func(*realtimetest.Session), maxSessions)
	for i := range plays {
		plays[i] = play
	}
	ts.Setenv(args[0], realtimetest.Serve(s, plays...).URL)
}
