package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"golang.org/x/term"

	"moonlark/engine/face/control"
	"moonlark/engine/face/fleetpage"
	"moonlark/engine/fleet/center"
	"moonlark/engine/version"
)

// fleetPageFlags configure the HTTP server with the page of a fleet. They have the meaning of controlFlags.
type fleetPageFlags struct {
	HTTP  *string  `name:"http" placeholder:"HOST:PORT" help:"Serve a page, /fleet, that shows the devices in a browser and commands them. Without HOST on this machine only."`
	Names []string `name:"http-name" sep:"none" placeholder:"NAME" help:"Answer requests for the host NAME too, which a proxy on this machine passes on. Repeat the flag for more names."`
	Token string   `name:"http-token" placeholder:"TOKEN" help:"Token that HTTP clients must send. Required unless --http listens on loopback. $$MOONLARK_HTTP_TOKEN is safer: the list of processes does not show it."`
}

// page returns the page, or nil without --http. An error is a mistake in the flags.
func (f fleetPageFlags) page(log *slog.Logger) (*fleetPage, error) {
	opts, err := controlFlags(f).settings(os.Getenv(tokenVariable))
	if err != nil || opts.Addr == "" {
		return nil, err
	}
	opts.Log = log
	return &fleetPage{opts: opts}, nil
}

// A fleetPage is the page of a fleet on an HTTP server. It belongs to one goroutine. open starts the goroutines of
// the server and one that watches the fleet, and close ends them.
type fleetPage struct {
	opts   control.Options
	server *control.Control   // nil before open
	cancel context.CancelFunc // ends the goroutine that watches the fleet
	done   sync.WaitGroup     // of that goroutine
}

// open serves the page until close is called, and says where it is. fleet is the connection with the hub.
func (p *fleetPage) open(ctx context.Context, stdout *output, fleet center.Hub) error {
	page := fleetpage.New(fleetpage.Options{Hub: fleet, By: operator() + " (page)", Version: version.Version(), Log: p.opts.Log})
	server := control.New(p.opts)
	mountShared(server)
	for _, m := range page.Mounts() {
		server.Mount(m)
	}
	if err := server.OpenPages(ctx); err != nil {
		return err
	}
	ctx, p.cancel = context.WithCancel(ctx)
	p.server = server
	p.done.Go(func() { page.Run(ctx) })
	_, err := fmt.Fprintln(stdout, "the page of the fleet is at "+pageURL(server.URL(), "/fleet", p.opts.Token, term.IsTerminal(int(stdout.Fd()))))
	return err
}

// close ends the page, if it was opened. p may be nil.
func (p *fleetPage) close() {
	if p == nil || p.server == nil {
		return
	}
	p.cancel()
	p.server.Close()
	p.done.Wait()
}
