package exchange

import "sync/atomic"

// Thoughts decides whether a query has the thoughts of the model's earlier replies. A query embeds it
// if the server of its API wants these thoughts back. Only the goroutine of [Client.Stream] uses it.
type Thoughts struct {
	// Refused belongs to the client, and is shared by all its queries: the server has refused thoughts
	// that it has sent itself.
	Refused *atomic.Bool
	// Sent says that the body of the last attempt had thoughts.
	Sent bool

	leftOut bool // the next attempts of this query have no thoughts
}

// AreWanted reports whether the next attempt should have the thoughts.
func (t *Thoughts) AreWanted() bool { return !t.leftOut && !t.Refused.Load() }

// Refuse leaves the thoughts out of all further queries of the client, because the server has refused
// them. It returns what was changed, for the log.
func (t *Thoughts) Refuse() string {
	t.Refused.Store(true)
	return "the server refuses the thoughts of the model, which are left out from now on"
}

// Reduce implements [Query]. A conversation must not end because the server refuses thoughts of an
// earlier reply.
func (t *Thoughts) Reduce() string {
	if !t.Sent {
		return ""
	}
	t.leftOut = true
	return "the server has refused the request, which was repeated without the thoughts of the model"
}
