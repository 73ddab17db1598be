package cli

import (
	"net/url"

	"moonlark/engine/face/control"
	"moonlark/engine/face/inspector"
	"moonlark/engine/face/record"
	"moonlark/engine/face/web"
	"moonlark/engine/remote"
	"moonlark/engine/script"
)

// inspectFlags configure the page in the browser that shows the agent.
type inspectFlags struct {
	Inspect bool `help:"Serve a page, /inspect, that shows the agent in a browser and drives it. Without --http on a free port of this machine. The page shows the conversation."`
}

// address sets the address of the HTTP server, if the page needs one.
func (f inspectFlags) address(opts *control.Options) {
	if f.Inspect && opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
}

// mount adds the page to the HTTP server. recorder is nil if nothing is recorded.
func (f inspectFlags) mount(outside *control.Control, stream *web.Stream, agent *remote.Remote, recorder *record.Recorder, pins pinFlags) {
	if !f.Inspect {
		return
	}
	stream.SetAgent(agent)
	stream.AddField("recording", func() any {
		if recorder == nil {
			return nil
		}
		if state := recorder.State(); state != nil {
			return state
		}
		return nil
	})
	if pins.GPIO != "" {
		stream.AddField("pins", func() any { return true })
	}
	for _, m := range inspector.Mounts(stream, agent, script.Tabs()) {
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
