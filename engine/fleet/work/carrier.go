// Package work carries out the tool calls of devices on other machines, which are called workers. The
// scripts of both register the same tool with where = "worker": a device sends the calls of the tool to a
// worker, and a worker runs its handler. The package knows neither a transport nor Lua: an [Offerer] and a
// [Server] have the connections with the hub.
//
// The group of the workers of a tool does not know which of them are busy. So a worker that gets a call
// replies at once whether it takes it, and the caller offers the call to another one if it does not, or if
// it does not reply. A message can arrive late, when the caller has gone on. So a worker that takes a call
// begins only when the caller has confirmed that: of all workers that a call was offered to, only one
// begins.
//
// A job is a call whose result is not awaited: see [Jobs] for the device, and [JobWorker]. The hub keeps jobs
// and results, so neither side needs the other one to be there. A [JobCarrier] and a [JobServer] have the
// connections.
package work

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"moonlark/engine/tool"
)

// ErrNobody is the error of a call when no worker serves the tool.
var ErrNobody = errors.New("no worker for it is connected")

const (
	maxCallID = 256 // bytes of the identifier of a call
	maxName   = 128 // bytes of the name of a worker, or of a digest
)

// An Offerer is the connection of a caller with the hub. Outside tests it is a *nats.Device. Its methods
// can be called from any goroutine.
type Offerer interface {
	// Offer sends the request to one of the workers that serve the tool, without waiting for a connection.
	// The replies of the worker arrive in the channel until ctx is done: usually Accepted and then Done,
	// or Busy alone. If no worker serves the tool, a Reply with Err = ErrNobody arrives at once. A reply
	// that does not parse arrives as its error in Err. The channel has room for 4 replies; more are
	// dropped. It is not closed. The caller must end ctx when it expects no more replies.
	Offer(ctx context.Context, tool string, r Request) (<-chan Reply, error)
}

// A Server is the connection of a worker with the hub. Outside tests it is a *nats.Worker. Its methods can
// be called from any goroutine.
type Server interface {
	// Name returns the name of the worker in the fleet.
	Name() string

	// Serve joins the workers of the tool: from now on, some of the requests for it are given to handle,
	// which must not block. Requests that do not parse are answered with Refusal. stop leaves the workers
	// of the tool, and returns when no more requests will be given to handle; those that have arrived
	// before are given to it. The Server serves the tool again after each reconnection.
	Serve(tool string, handle func(Request, Peer)) (stop func(), err error)
}

// A Peer is the sender of a Request. Its methods can be called from any goroutine, also after the worker
// has stopped serving the tool.
type Peer interface {
	// Accept sends a reply with the kind Accepted and waits until the sender confirms it. It returns an
	// error if the sender is not connected any more, and when ctx is done, because a sender that has gone
	// on to another worker confirms nothing.
	Accept(ctx context.Context, r Reply) error
	// Reply sends a reply, and does not wait.
	Reply(r Reply) error
}

// A Request is one attempt to have a tool call carried out by a worker. Its Args are the body of its
// message, and its other fields are in headers.
type Request struct {
	Call   string          // identifies the call in the fleet; all attempts have the same
	Left   time.Duration   // how long the result is still of use
	Bundle string          // digest of the bundle that the caller runs; empty if it runs none
	Try    int             // number of the attempt, from 1
	Args   json.RawMessage // the arguments, a JSON object; may be empty
}

// The headers of the messages.
const (
	callHeader   = "Call"
	leftHeader   = "Left-Ms"
	bundleHeader = "Bundle"
	tryHeader    = "Try"
	kindHeader   = "Kind"
	workerHeader = "Worker"
	errorHeader  = "Error-Type"
)

// Header returns the headers of the message, for ParseRequest.
func (r Request) Header() map[string]string {
	return map[string]string{
		callHeader: r.Call, bundleHeader: r.Bundle,
		leftHeader: strconv.FormatInt(r.Left.Milliseconds(), 10), tryHeader: strconv.Itoa(r.Try),
	}
}

// ParseRequest returns the request of a message. header returns the value of a header, or "" if the message
// does not have it.
func ParseRequest(header func(string) string, body []byte) (Request, error) {
	r := Request{Call: header(callHeader), Bundle: header(bundleHeader), Args: body}
	left, err := strconv.ParseInt(header(leftHeader), 10, 64)
	if err != nil || left <= 0 {
		return r, fmt.Errorf("header %s: %.40q is not a number of milliseconds", leftHeader, header(leftHeader))
	}
	r.Left = min(time.Duration(min(left, tool.MaxTimeout.Milliseconds()))*time.Millisecond, tool.MaxTimeout)
	if r.Try, err = strconv.Atoi(header(tryHeader)); err != nil || r.Try < 1 {
		return r, fmt.Errorf("header %s: %.40q is not the number of an attempt", tryHeader, header(tryHeader))
	}
	switch {
	case r.Call == "" || len(r.Call) > maxCallID:
		return r, fmt.Errorf("header %s has %d bytes: not 1 to %d", callHeader, len(r.Call), maxCallID)
	case len(r.Bundle) > maxName:
		return r, fmt.Errorf("header %s has %d bytes: more than %d", bundleHeader, len(r.Bundle), maxName)
	case len(r.Args) > tool.MaxOffloadedArguments:
		return r, fmt.Errorf("the arguments have %d bytes; %d are allowed", len(r.Args), tool.MaxOffloadedArguments)
	case len(r.Args) > 0 && !json.Valid(r.Args):
		return r, errors.New("the arguments are not JSON")
	}
	return r, nil
}

// A Kind says what a worker replies.
type Kind string

// The kinds of replies.
const (
	Accepted Kind = "accepted" // the worker takes the call, and will reply with Done
	Busy     Kind = "busy"     // the worker does not take the call, or has not begun with it in time; another one may
	Done     Kind = "done"     // the result of the call
	Ended    Kind = "ended"    // the worker has taken the call, but ends before it has the result
)

// A Reply is what a worker replies to a Request. The text of its Result is the body of its message, and
// its other fields are in headers.
type Reply struct {
	Kind   Kind
	Worker string      // name of the worker
	Bundle string      // digest of the bundle that the worker runs; empty if it runs none
	Result tool.Result // if Kind is Done, without its Data

	// Confirm is set by an Offerer if Kind is Accepted and the worker waits in Peer.Accept: it tells the
	// worker to begin. It does not wait. The error says that there is no connection.
	Confirm func() error
	// Err is set by an Offerer if there is no reply: see Offer.
	Err error
}

// Header returns the headers of the message, for ParseReply.
func (r Reply) Header() map[string]string {
	h := map[string]string{kindHeader: string(r.Kind), workerHeader: r.Worker, bundleHeader: r.Bundle}
	if r.Result.IsError {
		h[errorHeader] = string(cmp.Or(r.Result.Type, tool.Unknown))
	}
	return h
}

// Body returns the body of the message, for ParseReply.
func (r Reply) Body() []byte { return []byte(r.Result.Text) }

// ParseReply returns the reply of a message. header returns the value of a header, or "" if the message
// does not have it.
func ParseReply(header func(string) string, body []byte) (Reply, error) {
	r := Reply{Kind: Kind(header(kindHeader)), Worker: header(workerHeader), Bundle: header(bundleHeader)}
	switch {
	case !slices.Contains([]Kind{Accepted, Busy, Done, Ended}, r.Kind):
		return r, fmt.Errorf("header %s: %.40q is not a kind of reply", kindHeader, r.Kind)
	case len(r.Worker) > maxName || len(r.Bundle) > maxName:
		return r, fmt.Errorf("header %s or %s has more than %d bytes", workerHeader, bundleHeader, maxName)
	case len(body) > tool.MaxResult:
		return r, fmt.Errorf("the result has %d bytes; %d are allowed", len(body), tool.MaxResult)
	case r.Kind != Done:
		return r, nil
	}
	r.Result.Text = strings.ToValidUTF8(string(body), "?")
	if t := header(errorHeader); t != "" {
		r.Result.IsError, r.Result.Type = true, tool.ErrorType(t)
		if !slices.Contains(tool.ErrorTypes, r.Result.Type) {
			r.Result.Type = tool.Unknown
		}
	}
	return r, nil
}

// Refusal returns the reply of the worker with this name to a request that does not parse.
func Refusal(worker string, err error) Reply {
	return Reply{Kind: Done, Worker: worker, Result: tool.Failed(tool.ExternalClient, "the worker %s refuses the call: %v", worker, err)}
}
