package nats

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/host"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/message"
	"moonlark/engine/fleet/work"
)

// folderHub starts a hub for the fleet in a folder, with the accounts or with the file of the folder, and
// returns its URL. The credentials of new members are only known to the hub if it has the accounts.
func folderHub(t *testing.T, folder *identity.Folder, file bool) string {
	t.Helper()
	o := &server.Options{}
	if file {
		path := filepath.Join(t.TempDir(), "nats.conf")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(folder.Config(f), f.Close()); err != nil {
			t.Fatal(err)
		}
		if o, err = server.ProcessConfigFile(path); err != nil {
			t.Fatal(err)
		}
	} else {
		operator, err := jwt.DecodeOperatorClaims(folder.OperatorJWT())
		if err != nil {
			t.Fatal(err)
		}
		account, err := folder.Account()
		if err != nil {
			t.Fatal(err)
		}
		resolver := &server.MemAccResolver{}
		for _, a := range []identity.Account{account, folder.SystemAccount()} {
			if err := resolver.Store(a.PublicKey, a.JWT); err != nil {
				t.Fatal(err)
			}
		}
		o.TrustedOperators, o.AccountResolver, o.SystemAccount = []*jwt.OperatorClaims{operator}, resolver, folder.SystemAccount().PublicKey
	}
	o.Host, o.Port, o.JetStream, o.StoreDir, o.NoSigs, o.NoLog = "127.0.0.1", server.RANDOM_PORT, true, t.TempDir(), true, true
	o.JetStreamMaxMemory, o.JetStreamMaxStore = 1<<30, 16<<30
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the hub does not start")
	}
	return s.ClientURL()
}

// Everything works with the rights that a fleet gives to its members.
func TestRightsOfTheRolesSuffice(t *testing.T) {
	t.Parallel()
	for _, file := range []bool{false, true} {
		t.Run(fmt.Sprintf("with a configuration file: %v", file), func(t *testing.T) {
			t.Parallel()
			folder, err := identity.Init(filepath.Join(t.TempDir(), "shop"), "shop")
			if err != nil {
				t.Fatal(err)
			}
			public, _ := fleettest.Key("shop")
			set := bundle.KeySet{Format: bundle.KeysFormat, Fleet: "shop", Number: 1, Threshold: 1, Keys: []string{public.String()}}
			text, err := set.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if err := folder.AddKeySet(text, nil); err != nil {
				t.Fatal(err)
			}
			options := map[identity.Role]Options{}
			for role, name := range map[identity.Role]string{
				identity.Hub: "hub-1", identity.Operator: "office", identity.Device: "kiosk-07", identity.Worker: "gpu-1",
				identity.Host: "host-1",
			} {
				var groups []string
				if role == identity.Device {
					groups = []string{"kiosk"}
				}
				creds, err := folder.Credentials(role, name, groups)
				if err != nil {
					t.Fatal(err)
				}
				options[role] = Options{Creds: creds, Log: (&testLog{t: t}).logger(), maxPause: 50 * time.Millisecond}
			}
			url := folderHub(t, folder, file)
			for role, o := range options {
				o.URL = url
				options[role] = o
			}
			tryRoles(t, options)
			if !file {
				tryJoin(t, folder, options[identity.Hub])
			}
		})
	}
}

// tryRoles does what members of the fleet do.
func tryRoles(t *testing.T, options map[identity.Role]Options) {
	dial := func(role identity.Role) *Center {
		c, err := DialCenter(soon(t), options[role])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	hub := dial(identity.Hub)
	for range 2 {
		if err := hub.Layout(soon(t), 0); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := fleettest.KeySet("shop", 1, "shop").Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hub.SetKeySet(soon(t), 1, message.Signed{Text: keys}); err != nil {
		t.Fatal(err)
	}
	c := dial(identity.Operator)
	d, err := DialDevice(options[identity.Device])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	online(t, d)
	d.Serve(ping)
	works(t, c, d)
	tryOperator(t, c)
	tryRights(t, options[identity.Device])
	if value, _, err := d.Read(soon(t), message.KeySet(1)); err != nil || len(value) == 0 {
		t.Errorf("keys: got %s, %v", value, err)
	}
	w, err := DialWorker(options[identity.Worker])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	_, err = w.Serve("weather", func(_ work.Request, p work.Peer) { _ = p.Reply(work.Reply{Kind: work.Busy}) })
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the worker replies", func() bool {
		replies, err := d.Offer(soon(t), "weather", call(1))
		return err == nil && next(t, replies).Kind == work.Busy
	})
	tryHost(t, options[identity.Host], options[identity.Operator])
}

// tryHost holds a conversation, which an operator begins.
func tryHost(t *testing.T, forHost, forOperator Options) {
	connection := func(o Options) *Host {
		c, err := DialHost(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		if err := c.Await(soon(t)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	carrier, caller := connection(forHost), connection(forOperator)
	ttl, err := carrier.TTL(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	engine := echoEngine{heard: make(chan string, 1)}
	var running sync.WaitGroup
	running.Go(func() {
		host.New(host.Options{ID: carrier.Name(), Carrier: carrier, Engine: engine, Slots: 2, TTL: ttl}).Run(ctx)
	})
	eventually(t, "the conversation begins", func() bool {
		_, err := host.Start(soon(t), caller, host.Request{ID: "c-1"})
		return err == nil
	})
	if name, err := host.Say(soon(t), caller, "c-1", "hello"); name != "host-1" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
	if text := <-engine.heard; text != "hello" {
		t.Errorf("the conversation hears %q", text)
	}
	eventually(t, "what was said is stored", func() bool {
		turns, err := carrier.Turns(soon(t), "c-1")
		return err == nil && len(turns) == 1
	})
	if list, err := host.ReadList(soon(t), caller); err != nil || len(list.Hosts) != 1 || len(list.Conversations) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	stop()
	running.Wait()
	if list, err := host.ReadList(soon(t), caller); err != nil || len(list.Hosts) != 0 || len(list.Conversations) != 0 {
		t.Errorf("after the end of the host: %+v, %v", list, err)
	}
}

// An echoEngine runs conversations in which the user speaks alone.
type echoEngine struct{ heard chan string }

func (e echoEngine) Open(ctx context.Context, c *host.Conversation) error {
	c.Started()
	for {
		select {
		case text := <-c.Texts():
			c.Said(host.User, text)
			e.heard <- text
		case <-ctx.Done():
			return nil
		}
	}
}

// tryOperator does what an operator does.
func tryOperator(t *testing.T, c *Center) {
	content := []byte("content")
	sum := sha256.Sum256(content)
	ctx := soon(t)
	for name, err := range map[string]error{
		"file":    c.PutFile(ctx, hex.EncodeToString(sum[:]), content),
		"wish":    c.SetWish(ctx, "dev.kiosk-07", wishFor(), 0),
		"metrics": c.Metrics(ctx, func(message.Metrics) {}),
		"events":  c.Events(ctx, "", nil, time.Time{}, false, func(message.Kind, message.Event) {}),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if states, err := c.States(soon(t)); err != nil || len(states) != 1 {
		t.Errorf("states: got %v, %v", states, err)
	}
	if wishes, err := c.Wishes(soon(t)); err != nil || len(wishes) != 2 {
		t.Errorf("wishes: got %v, %v", wishes, err)
	}
	if history, err := c.History(soon(t), message.All); err != nil || len(history) != 1 {
		t.Errorf("history: got %v, %v", history, err)
	}
	if keys, err := c.Keys(soon(t)); err != nil || keys.Number != 1 {
		t.Errorf("keys: got %v, %v", keys, err)
	}
	watch, end := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer end()
	if err := c.WatchStates(watch, func(center.Report) {}); err != nil {
		t.Errorf("watch: %v", err)
	}
}

// tryRights has a Probe try the rights of a device.
func tryRights(t *testing.T, o Options) {
	p, err := DialProbe(soon(t), o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, r := range p.Rights(soon(t)) {
		if r.Err != nil || r.Granted != r.Needed {
			t.Errorf("right to %s: %+v", r.What, r)
		}
	}
}

// tryJoin lets a device join the fleet.
func tryJoin(t *testing.T, folder *identity.Folder, o Options) {
	text, err := folder.Invite(identity.Invitation{Hub: "nats://127.0.0.1:4222"})
	if err != nil {
		t.Fatal(err)
	}
	token, err := identity.ParseToken(text)
	if err != nil {
		t.Fatal(err)
	}
	hub, err := DialCenter(soon(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	hub.ServeJoin(func(request []byte) []byte { return append([]byte("welcome "), request...) })
	eventually(t, "the hub lets a device join", func() bool {
		reply, err := Join(soon(t), JoinOptions{Token: token.JWT, URL: o.URL}, []byte("kiosk-08"))
		return err == nil && string(reply) == "welcome kiosk-08"
	})
}
