package tool

import (
	"encoding/json"
	"time"
)

// MaxOffloadedArguments is the maximum size of the arguments of a call that an Offloader carries out, in
// bytes.
const MaxOffloadedArguments = 256 << 10

// An Offloader has the calls of tools with OnWorker carried out on other machines. Outside tests it is a
// *work.Caller of engine/fleet. Any goroutine may call Offload.
type Offloader interface {
	// Offload begins a call and returns without waiting for its result. args are a JSON object that fits the
	// parameters of the tool, of at most MaxOffloadedArguments bytes. left is how long the result is of
	// use; it is a little less than the rest of the timeout of the call. done is called once with the
	// result, on any goroutine, also after cancel; it may be called before Offload returns. cancel says that
	// nobody waits for the result any more.
	Offload(spec *Spec, args json.RawMessage, left time.Duration, done func(Result)) (cancel func())
}
