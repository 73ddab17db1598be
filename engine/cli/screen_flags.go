package cli

import (
	"errors"

	"moonlark/engine/face/control"
	"moonlark/engine/face/screen"
	"moonlark/engine/face/web"
	"moonlark/engine/remote"
	"moonlark/engine/version"
)

// screenFlags configure the page that the visitors of a kiosk see.
type screenFlags struct {
	Screen      bool   `help:"Serve a page, /screen, for the screen of a kiosk, which scripts fill (screen.show). Without --http on a free port of this machine."`
	ScreenToken string `placeholder:"TOKEN" help:"Token that opens only the page of the screen, for a browser that visitors can reach. $$MOONLARK_SCREEN_TOKEN is safer: the list of processes does not show it."`
}

// screenTokenVariable is the name of the environment variable that can contain the token of the screen.
const screenTokenVariable = "MOONLARK_SCREEN_TOKEN"

// settings adds the address and the token of the page to those of the HTTP server. fromEnvironment is the
// token from the environment, which --screen-token overrides.
func (f screenFlags) settings(opts *control.Options, fromEnvironment string) error {
	token := clean(f.ScreenToken)
	if token == "" {
		token = clean(fromEnvironment)
	}
	switch {
	case f.ScreenToken != "" && !f.Screen:
		return errors.New("--screen-token needs --screen")
	case !f.Screen:
		return nil
	case token != "" && opts.Token == "":
		return errors.New("--screen-token needs --http-token: without it, the whole server is open to everybody")
	case token != "" && token == opts.Token:
		return errors.New("--screen-token and --http-token are the same: the token of the screen must open nothing else")
	}
	if err := checkWord("the token of the screen", token); err != nil {
		return err
	}
	opts.ScreenToken = token
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	return nil
}

// newServer returns the server of the page, or nil without --screen.
func (f screenFlags) newServer() *screen.Server {
	if !f.Screen {
		return nil
	}
	return screen.New(version.Version())
}

// mount adds the page to the HTTP server. page may be nil. The inspector, which reads stream, has a link to the
// diagnostics of the screen then.
func (f screenFlags) mount(outside *control.Control, page *screen.Server, agent *remote.Remote, stream *web.Stream) {
	if page == nil {
		return
	}
	stream.AddField("screen", func() any { return true })
	for _, m := range page.Mounts(agent) {
		outside.Mount(m)
	}
}
