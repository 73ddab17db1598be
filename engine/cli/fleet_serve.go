package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"

	"moonlark/engine/face/terminal"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/hub"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/fleet/serve"
	"moonlark/engine/loopback"
)

type fleetServeCommand struct {
	fleetFolderFlag `embed:""`
	Listen          string   `placeholder:"HOST:PORT" help:"Address on which the hub listens (0.0.0.0:4222)."`
	Host            []string `sep:"none" placeholder:"NAME" help:"Name or address by which devices reach this machine. The first one is in invitations. Repeat the flag for more. The default is the addresses and the name of this machine."`
	Hub             string   `placeholder:"URL" help:"NATS server to use, in place of one in this process."`
	HubCA           string   `name:"hub-ca" placeholder:"FILE" help:"Certificate of the authority of --hub, in PEM form. The default is those of the system."`

	fleetPageFlags `embed:""`
	logFlags       `embed:""`
}

// defaultListen is the address without --listen.
const defaultListen = "0.0.0.0:4222"

// Run runs the centre of a fleet until a signal arrives.
func (c *fleetServeCommand) Run(ctx context.Context, con *console) error {
	folder, err := c.open()
	if err != nil {
		return err
	}
	screen := terminal.New(c.logFlags.terminal(con))
	defer screen.Close()
	opts := serve.Options{Folder: folder, Log: screen.Logger()}
	if opts.Hub, err = c.credentials(folder, identity.Hub); err != nil {
		return err
	}
	if opts.Controller, err = c.credentials(folder, identity.Operator); err != nil {
		return err
	}
	address := c.Hub
	if c.Hub != "" {
		if opts.Connect, err = c.connection(); err != nil {
			return &usageError{err}
		}
	} else if opts.Server, address, err = c.hubOptions(); err != nil {
		return err
	}
	page, err := c.page(opts.Log)
	if err != nil {
		return &usageError{err}
	}
	con.onExit(exitOK, nil)
	opts.Ready = func(url string, fleet center.Hub) error {
		if err := c.ready(con.stdout, folder, url, address); err != nil || page == nil {
			return err
		}
		return page.open(ctx, con.stdout, fleet)
	}
	err = serve.Run(ctx, opts)
	page.close()
	return err
}

// connection returns the options of the connection with --hub. It keeps the certificate of --hub-ca in the folder,
// for invitations and operators.
func (c *fleetServeCommand) connection() (*nats.Options, error) {
	if c.Listen != "" || len(c.Host) > 0 {
		return nil, errors.New("--listen and --host are for the hub of this process: leave them out with --hub")
	}
	o := &nats.Options{URL: c.Hub}
	if c.HubCA == "" {
		return o, removeIfThere(c.path(hubCAFile))
	}
	text, err := readHubFile(c.HubCA)
	if err != nil {
		return nil, err
	}
	if o.RootCAs, err = readCA(c.HubCA); err != nil {
		return nil, err
	}
	return o, replaceFile(c.path(hubCAFile), func(w io.Writer) error { _, err := w.Write(text); return err })
}

// hubOptions returns the options of the hub in this process, and the host by which devices reach it.
func (c *fleetServeCommand) hubOptions() (o hub.Options, host string, err error) {
	if c.HubCA != "" {
		return o, "", &usageError{errors.New("--hub-ca is for another NATS server: it needs --hub")}
	}
	listen := cmp.Or(c.Listen, defaultListen)
	listenHost, _, err := net.SplitHostPort(listen)
	if err != nil {
		return o, "", &usageError{fmt.Errorf("--listen: %w", err)}
	}
	o = hub.Options{Listen: listen, Store: c.path(hubStoreFolder)}
	if loopback.Host(listenHost) || listenHost == "" {
		if len(c.Host) > 0 {
			return o, "", &usageError{fmt.Errorf("--host: no other machine reaches %s: name another address with --listen", listen)}
		}
		return o, "", removeIfThere(c.path(hubCAFile))
	}
	hosts := c.Host
	if len(hosts) == 0 {
		if hosts = ownHosts(listenHost); len(hosts) == 0 {
			return o, "", &usageError{errors.New("this machine has no address in a network: name one with --host, or listen on 127.0.0.1")}
		}
	}
	certified, err := hub.Certificate(c.path(hubTLSFolder), hosts...)
	if err != nil {
		return o, "", err
	}
	o.TLS = certified.Server
	return o, hosts[0], replaceFile(c.path(hubCAFile), func(w io.Writer) error { _, err := w.Write(certified.CA); return err })
}

// ownHosts returns the addresses of this machine in networks, and its name. listen is the address on which the
// hub listens.
func ownHosts(listen string) []string {
	if ip := net.ParseIP(listen); ip != nil && !ip.IsUnspecified() {
		return []string{listen}
	}
	var hosts []string
	addresses, _ := net.InterfaceAddrs() // without addresses, the user names a host
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			hosts = append(hosts, n.IP.String())
		}
	}
	slices.SortStableFunc(hosts, func(a, b string) int { return strings.Count(a, ":") - strings.Count(b, ":") }) // IPv4 first
	if name, err := os.Hostname(); err == nil && len(hosts) > 0 && !slices.Contains(hosts, name) {
		hosts = append(hosts, name)
	}
	return hosts
}

// ready writes the address of the hub into the folder, and says how to go on. own is the URL of a hub in this
// process.
func (c *fleetServeCommand) ready(out io.Writer, folder *identity.Folder, own, address string) error {
	url := address
	if own != "" {
		url = own
		if address != "" {
			scheme, listen, _ := strings.Cut(own, "://")
			_, port, err := net.SplitHostPort(listen)
			if err != nil {
				return err
			}
			url = scheme + "://" + net.JoinHostPort(address, port)
		}
	}
	if err := replaceFile(c.path(hubURLFile), func(w io.Writer) error { _, err := fmt.Fprintln(w, url); return err }); err != nil {
		return err
	}
	fmt.Fprintf(out, "fleet %s: the hub is at %s\n", folder.Fleet(), url)
	members, err := folder.Devices()
	if err != nil || slices.ContainsFunc(members, func(m identity.Member) bool { return m.Role == identity.Device }) {
		return err
	}
	line, err := (&fleetInviteCommand{fleetFolderFlag: c.fleetFolderFlag}).line(folder)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The first device joins with this command; moonlark fleet invite makes one for each other device:\n  %s\n", line)
	return nil
}
