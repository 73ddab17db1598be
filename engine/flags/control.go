package flags

import (
	"errors"
	"fmt"
	"os"

	"moonlark/engine"
	"moonlark/engine/control"
	"moonlark/engine/event"
)

// Control is how other programs may ask and drive the agent.
type Control struct {
	HTTP  *string `name:"http" placeholder:"HOST:PORT" help:"Serve /healthz, /metrics, /log and, to drive it, /start, /stop, /say, /context and /event; on this machine alone, if HOST is left out."`
	Token string  `name:"http-token" placeholder:"TOKEN" help:"What they have to know to; needed when they are elsewhere. Better in $$MOONLARK_HTTP_TOKEN, which is not seen in the list of processes."`
}

// tokenVariable is taken out of the environment: scripts, and commands that we
// start, have no business with it.
const tokenVariable = "MOONLARK_HTTP_TOKEN"

// Apply makes the control, and has opts tell it what happens.
func (c Control) Apply(opts *engine.Options, made control.Options) (*control.Control, error) {
	made.Token = c.Token
	if made.Token == "" {
		made.Token = os.Getenv(tokenVariable)
	}
	os.Unsetenv(tokenVariable)
	switch {
	case c.HTTP != nil:
		addr, loopback, err := control.Address(*c.HTTP)
		if err == nil && !loopback && made.Token == "" {
			err = control.ErrNoToken
		}
		if err != nil {
			return nil, fmt.Errorf("--http: %w", err)
		}
		made.Addr = addr
		opts.OwnEvents = true
	case c.Token != "":
		return nil, errors.New("--http-token is for --http")
	}
	outside, show := control.New(made), opts.Show
	opts.Status = outside.Status
	opts.Show = func(e event.Event) {
		outside.Note(e)
		show(e)
	}
	return outside, nil
}
