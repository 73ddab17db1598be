package permit

import (
	"strings"

	"moonlark/engine/activity"
)

// A Use is a permission that a script has used, or that was refused.
type Use struct {
	Kind    string // a Kind, or "secret"; "" if no flag grants what was refused
	What    string // what the script did or wanted, such as "connect to api.example.com:443"
	Refused bool
	Count   int // how often that was refused; 0 if it is not counted, because too much has been refused
}

// Tab describes the uses of permissions.
var Tab = activity.Tab{
	ID: "permissions", Title: "Permissions", About: "No script has used a permission yet.",
	Columns: []activity.Column{{Name: "permission"}, {Name: "what"}, {Name: "result"}, {Name: "count", Unit: activity.Number}},
}

// Values returns the values of u for Tab.
func (u Use) Values() []any {
	switch {
	case !u.Refused:
		return []any{u.Kind, u.What, "used", nil}
	case u.Count == 0:
		return []any{u.Kind, u.What, "refused", nil}
	}
	return []any{u.Kind, u.What, "refused", u.Count}
}

// Watch lets note be called when the script uses a permission, once for each target, and whenever
// something is refused, while wants returns true. Both are called on any goroutine and must not block.
// Call Watch before the Broker is used.
func (b *Broker) Watch(wants func() bool, note func(Use)) { b.wantsUses, b.noteUse = wants, note }

// secretKind is the Kind of the use of a secret, which needs no grant.
const secretKind Kind = "secret"

// used notes that the script does something for which it has a permission of this kind: a verb such as
// "connect to", and what follows it.
func (b *Broker) used(kind Kind, verb, target string) {
	if b.wantsUses == nil || !b.wantsUses() {
		return
	}
	what := verb + " " + target
	b.mu.Lock()
	isNew := !b.uses[what] && len(b.uses) < maxLogged
	if isNew {
		if b.uses == nil {
			b.uses = map[string]bool{}
		}
		b.uses[what] = true
	}
	b.mu.Unlock()
	if isNew {
		b.noteUse(Use{Kind: string(kind), What: what})
	}
}

// noteRefusal notes that something was refused for the nth time; n is 0 if it is not counted.
func (b *Broker) noteRefusal(d *Denied, n int) {
	if b.wantsUses == nil || !b.wantsUses() {
		return
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(d.Flag, "--allow-"), "=")
	b.noteUse(Use{Kind: kind, What: d.What, Refused: true, Count: n})
}
