// Package serve runs the centre of a fleet: the hub that Moonlark carries, or a connection with another NATS
// server, what answers devices that join and workers, and what goes on with rollouts. A folder of package identity has the
// keys.
//
// [Run] runs on the goroutine of the caller, and has one goroutine for the rollouts and one that watches the
// folder. It ends both.
package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/hub"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/message"
	"moonlark/engine/fleet/nats"
)

const (
	watchInterval = time.Second      // how often the folder of the fleet is looked at
	startTimeout  = 30 * time.Second // for the connections with another NATS server, and the streams
	// ownTimeout is the same for the hub of this process. All devices that come back can keep it busy: then an
	// end of the hub would only make them come back again.
	ownTimeout   = 5 * time.Minute
	dialAttempts = 5           // to connect with the hub of this process
	dialPause    = time.Second // between two of them
)

// Options configure Run.
type Options struct {
	Folder     *identity.Folder
	Hub        []byte // credentials with the role identity.Hub, for the streams, the keys and joining devices
	Controller []byte // credentials with the role identity.Operator, for the rollouts

	// Server has the options of the hub that runs in this process. Run adds the accounts. It is not used if Connect
	// is set.
	Server hub.Options
	// Connect has the options of the connection with another NATS server, without credentials. Nil means that the
	// hub runs in this process.
	Connect *nats.Options

	Log *slog.Logger

	// Ready is called once, when devices can connect, with the URL of the hub if it runs in this process, and with
	// the connection of the controller. An error ends Run.
	Ready func(url string, fleet center.Hub) error
}

// Run runs the centre until ctx is done. It returns an error if the hub cannot start, or if it is never reached.
func Run(ctx context.Context, o Options) error {
	c := &centre{Options: o}
	if _, err := c.Folder.UpdateRights(); err != nil {
		return err
	}
	if o.Connect == nil {
		if err := c.startHub(); err != nil {
			return err
		}
		defer c.hub.Close()
	} else if err := c.updateAccount(ctx); err != nil {
		c.report(ctx, err) // watch tries again
	}
	operator, err := c.connect(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer c.fleet.Close()
	defer operator.Close()
	c.fleet.ServeJoin(c.join)
	c.fleet.ServeJobs(0)
	url := ""
	if c.hub != nil {
		url = c.hub.URL()
	}
	if err := o.Ready(url, operator); err != nil {
		return err
	}
	var running sync.WaitGroup
	defer running.Wait()
	controller := center.Controller{Hub: operator, Notify: c.note}
	running.Go(func() { controller.Run(ctx) })
	running.Go(func() { c.watch(ctx) })
	<-ctx.Done()
	return nil
}

// A centre is one call of Run.
type centre struct {
	Options
	hub     *hub.Hub // nil with Connect
	fleet   *nats.Center
	account string // the JWT of the account of the fleet that the hub has, or does not take
	keySets int    // how many sets of keys the hub has
	problem string // the last problem of watch that was logged; empty if there is none

	nextPush  time.Time // when push may be called again after an error
	pushError error     // the last error of push
}

// startHub starts the hub of this process.
func (c *centre) startHub() error {
	account, err := c.Folder.Account()
	if err != nil {
		return err
	}
	system := c.Folder.SystemAccount()
	opts := c.Server
	opts.OperatorJWT = c.Folder.OperatorJWT()
	opts.System = hub.Account{Public: system.PublicKey, JWT: system.JWT}
	opts.Fleet = hub.Account{Public: account.PublicKey, JWT: account.JWT}
	opts.Log = func(level slog.Level, line string) { c.Log.Log(context.Background(), level, "hub: "+line) }
	c.account = account.JWT
	c.hub, err = hub.Start(opts)
	return err
}

// connect connects with the hub twice, and makes the streams. It returns the connection of the controller.
func (c *centre) connect(ctx context.Context) (operator *nats.Center, err error) {
	timeout := startTimeout
	if c.hub != nil {
		timeout = ownTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if c.fleet, err = c.dial(ctx, c.Options.Hub); err != nil {
		return nil, err
	}
	if err = c.fleet.Layout(ctx, 0); err == nil {
		if err = c.publishKeys(ctx); err == nil {
			operator, err = c.dial(ctx, c.Controller)
		}
	}
	if err != nil {
		c.fleet.Close()
	}
	return operator, err
}

// dial connects with the hub. If the hub of this process does not answer, because it is busy, dial tries again.
func (c *centre) dial(ctx context.Context, creds []byte) (*nats.Center, error) {
	var opts nats.Options
	if c.Connect != nil {
		opts = *c.Connect
	} else {
		opts.InProcess = c.hub.Connect
	}
	opts.Creds, opts.Log = creds, c.Log
	for n := 1; ; n++ {
		fleet, err := nats.DialCenter(ctx, opts)
		if err == nil || c.hub == nil || n == dialAttempts || ctx.Err() != nil {
			return fleet, err
		}
		select {
		case <-time.After(dialPause):
		case <-ctx.Done():
		}
	}
}

// publishKeys gives the hub the sets of keys that it does not have.
func (c *centre) publishKeys(ctx context.Context) error {
	sets, err := c.Folder.KeySets()
	if err != nil {
		return err
	}
	for _, s := range sets[min(c.keySets, len(sets)):] {
		replaced, err := c.fleet.SetKeySet(ctx, s.Number, message.Signed{Text: s.Text, Signatures: s.Signatures})
		if err != nil {
			return err
		}
		if replaced {
			c.Log.Warn(fmt.Sprintf("the hub had other keys %d than the folder of the fleet: they are replaced", s.Number))
		}
		c.keySets++
		c.Log.Info(fmt.Sprintf("the hub has the keys %d of bundles", s.Number))
	}
	return nil
}

// watch gives the hub what changes in the folder of the fleet, until ctx is done.
func (c *centre) watch(ctx context.Context) {
	ticks := time.NewTicker(watchInterval)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			c.report(ctx, errors.Join(c.updateAccount(ctx), c.publishKeys(ctx)))
		case <-ctx.Done():
			return
		}
	}
}

// report logs an error of watch, once until another one follows.
func (c *centre) report(ctx context.Context, err error) {
	text := ""
	if err != nil && ctx.Err() == nil {
		text = err.Error()
	}
	if text != "" && text != c.problem {
		c.Log.Error(text)
	}
	c.problem = text
}

// join answers a device that wants to join the fleet. It is called on a goroutine of the connection.
func (c *centre) join(request []byte) []byte {
	reply := identity.Reply{Error: "the request is damaged"}
	r, err := identity.ParseRequest(request)
	if err == nil {
		reply, err = c.Folder.Join(r)
	}
	switch {
	case err != nil:
		c.Log.Error("a device could not join: " + err.Error())
	case reply.Error != "":
		c.Log.Warn("a device was not let in", "device", r.Name, "reason", reply.Error)
	case reply.Pending && !reply.Again:
		c.Log.Info("a device waits for approval: moonlark fleet approve " + reply.Device)
	case !reply.Pending:
		c.Log.Info("a device has joined the fleet", "device", reply.Device)
	}
	text, err := json.Marshal(reply)
	if err != nil {
		return nil // a Reply can always be encoded
	}
	return text
}

// note logs what the controller has done.
func (c *centre) note(key, text string) {
	if key != "" {
		text = center.Target(key) + ": " + text
	}
	c.Log.Info(text)
}
