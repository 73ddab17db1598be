package permit

import (
	"fmt"
	"strings"

	"moonlark/engine/safetext"
)

// A Denied is the error for something that a script may not reach.
type Denied struct {
	Script string // name of the script file
	What   string // what was refused, such as "connect to api.example.com:443"
	Flag   string // the flag that grants it; "" if no flag does
	// Led is true if the script has not named the target itself: a redirect, an answer of DNS or a
	// symbolic link has led to it.
	Led bool
}

// Error says what was refused, and which flag grants it.
func (e *Denied) Error() string {
	if e.Flag == "" {
		return e.Short()
	}
	return e.Short() + ". Start with " + safetext.Text(e.Flag)
}

// Short is Error without the flag.
func (e *Denied) Short() string { return safetext.Text(fmt.Sprintf("%s may not %s", e.Script, e.What)) }

// IsRefusal reports whether text contains the text of a *Denied of this Broker.
func (b *Broker) IsRefusal(text string) bool {
	return strings.Contains(text, b.opts.Script+" may not ")
}
