package cli

import (
	"cmp"
	"errors"
	"fmt"

	"moonlark/engine/face/control"
)

// controlFlags configure the HTTP server with which other programs observe and drive the agent.
type controlFlags struct {
	HTTP  *string `name:"http" placeholder:"HOST:PORT" help:"Serve /healthz, /metrics, /log and, to drive the agent, /start, /stop, /say, /context and /event. Without HOST on this machine only."`
	Token string  `name:"http-token" placeholder:"TOKEN" help:"Token that HTTP clients must send. Required unless --http listens on loopback. $$MOONLARK_HTTP_TOKEN is safer: the list of processes does not show it."`
}

// tokenVariable is the name of the environment variable that can contain the token.
const tokenVariable = "MOONLARK_HTTP_TOKEN"

// settings returns the address and the token of the HTTP server; the address is empty without
// --http. fromEnvironment is the token from the environment, which --http-token overrides.
func (f controlFlags) settings(fromEnvironment string) (control.Options, error) {
	opts := control.Options{Token: clean(cmp.Or(f.Token, fromEnvironment))}
	if err := checkWord("the HTTP token", opts.Token); err != nil {
		return opts, err
	}
	switch {
	case f.Token != "" && opts.Token == "":
		return opts, errors.New("--http-token contains only white space or quotes")
	case f.HTTP != nil && clean(*f.HTTP) == "":
		return opts, errors.New("--http is empty: is a variable not set? Write --http PORT or --http HOST:PORT")
	case f.HTTP != nil:
		addr, loopback, err := control.Address(*f.HTTP)
		if err == nil && !loopback && opts.Token == "" {
			err = control.ErrNoToken
		}
		if err != nil {
			return opts, fmt.Errorf("--http: %w", err)
		}
		opts.Addr = addr
	case f.Token != "":
		return opts, errors.New("--http-token needs --http")
	}
	return opts, nil
}
