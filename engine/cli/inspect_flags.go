package cli

import (
	"errors"
	"net/url"

	"github.com/alecthomas/kong"

	"moonlark/engine/face/control"
	"moonlark/engine/face/inspector"
	"moonlark/engine/face/record"
	"moonlark/engine/face/web"
	"moonlark/engine/remote"
	"moonlark/engine/script"
)

// inspectFlags configure the page in the browser that shows the agent.
type inspectFlags struct {
	Inspect    inspectFlag `help:"Serve a page, /inspect, that shows the agent in a browser and drives it. Without --http on a free port of this machine. The page shows the conversation. --inspect=edit: the page can also change the scripts."`
	InspectDir string      `hidden:"" placeholder:"DIR" help:"Serve the files of the page from DIR, for work on the page: engine/face/inspector/page."`
}

// The values of an inspectFlag.
const (
	noInspector   inspectFlag = ""
	showInspector inspectFlag = "show" // the page shows the sources of the scripts
	editInspector inspectFlag = "edit" // the page can also change the sources
)

// An inspectFlag says whether there is a page, and what it may change. The value must follow after "=".
type inspectFlag string

// IsBool makes the parser leave the word after the flag to the next argument.
func (inspectFlag) IsBool() bool { return true }

// Decode reads the value after "=", if there is one.
func (f *inspectFlag) Decode(ctx *kong.DecodeContext) error {
	*f = showInspector
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		return nil
	}
	if ctx.Scan.Pop().String() != string(editInspector) {
		return errors.New("want --inspect, or --inspect=edit if the page may change the scripts")
	}
	*f = editInspector
	return nil
}

// address sets the address of the HTTP server, if the page needs one. An error is a mistake in the flags.
func (f inspectFlags) address(opts *control.Options) error {
	switch {
	case f.InspectDir != "" && f.Inspect == noInspector:
		return errors.New("--inspect-dir needs --inspect")
	case f.Inspect == editInspector && opts.Token == "" && len(opts.Names) > 0:
		return errors.New("--inspect=edit with --http-name needs a token, because a proxy passes on requests of other machines: " +
			"set MOONLARK_HTTP_TOKEN or --http-token")
	case f.Inspect != noInspector && opts.Addr == "":
		opts.Addr = "127.0.0.1:0"
	}
	return nil
}

// mount adds the page to the HTTP server.
func (f inspectFlags) mount(outside *control.Control, stream *web.Stream, agent *remote.Remote, recordings *record.Switch, pins pinFlags) {
	if f.Inspect == noInspector {
		return
	}
	stream.SetAgent(agent)
	stream.AddField("recording", func() any {
		if state := recordings.State(); state != nil {
			return state
		}
		return nil
	})
	if pins.GPIO != "" {
		stream.AddField("pins", func() any { return true })
	}
	opts := inspector.Options{Edit: f.Inspect == editInspector, Recordings: recordings, Folder: f.InspectDir, Tabs: script.Tabs()}
	for _, m := range inspector.Mounts(stream, agent, opts) {
		outside.Mount(m)
	}
}

// pageURL returns the URL of a page of the server. It contains the token only if it is printed to a
// terminal, because other people can read a log.
func pageURL(server, path, token string, isTerminal bool) string {
	if token != "" && isTerminal {
		return server + path + "#token=" + url.QueryEscape(token)
	}
	return server + path
}

// mountShared adds the files that all pages use to an HTTP server.
func mountShared(server *control.Control) {
	shared := web.SharedFiles()
	server.Mount(control.Mount{Path: "/web/", Handler: shared, Public: true, ForScreen: true, MaxOpen: 32})
	server.Mount(control.Mount{Path: "/favicon.ico", Handler: shared, Public: true, ForScreen: true})
}
