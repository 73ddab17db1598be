package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"moonlark/engine/face/control"
	"moonlark/engine/safetext"
)

// controlFlags configure the HTTP server with which other programs observe and drive the agent.
type controlFlags struct {
	HTTP  *string  `name:"http" placeholder:"HOST:PORT" help:"Serve /healthz, /metrics, /log and, to drive the agent, /start, /stop, /say, /context and /event. Without HOST on this machine only."`
	Names []string `name:"http-name" sep:"none" placeholder:"NAME" help:"Answer requests for the host NAME too, which a proxy on this machine passes on. Repeat the flag for more names."`
	Token string   `name:"http-token" placeholder:"TOKEN" help:"Token that HTTP clients must send. Required unless --http listens on loopback. $$MOONLARK_HTTP_TOKEN is safer: the list of processes does not show it."`
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
	case len(f.Names) > 0:
		return opts, errors.New("--http-name needs --http")
	}
	for _, name := range f.Names {
		name = clean(name)
		if !isHostName(name) {
			return opts, fmt.Errorf("--http-name %s: want the name of a host, such as kiosk.example, without a scheme and a port", safetext.Text(name))
		}
		opts.Names = append(opts.Names, name)
	}
	return opts, nil
}

// isHostName reports whether name can be the name of a host.
func isHostName(name string) bool {
	isOther := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_')
	}
	return name != "" && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".") && !strings.ContainsFunc(name, isOther)
}
