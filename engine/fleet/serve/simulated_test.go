//go:build !nohub

package serve_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
	"moonlark/engine/fleet/nats"
)

// A simulated device has the real connection of a device, with its subscriptions, and sends the hub the same
// requests as a follow.Follower: it reads its wishes after each connection and each notice, one chunk after the
// other of a new bundle, and reports its state. It verifies the files, but not the signatures. It has no disk, no
// scripts and no trial: a bundle is good at once.
type simulated struct {
	carrier *nats.Device
	boot    string
	ctx     context.Context
	cancel  context.CancelFunc
	done    sync.WaitGroup

	seq                atomic.Int64
	running            atomic.Pointer[message.Running] // nil without a bundle
	states             atomic.Int64                    // states that the hub has acknowledged
	stateSize, logSize atomic.Int64                    // bytes of the last ones
}

// run follows the wishes until the device is closed. It calls connected once, after the first connection.
func (d *simulated) run(connected func()) {
	connected = sync.OnceFunc(connected)
	defer connected()
	for {
		select {
		case <-d.carrier.Notices():
			connected()
			for d.follow(d.ctx) != nil && d.carrier.Link().Connected && d.ctx.Err() == nil { // the hub is just starting
				time.Sleep(time.Second)
			}
		case <-d.ctx.Done():
			return
		}
	}
}

// follow reads the wishes, fetches the bundle and reports the state.
func (d *simulated) follow(ctx context.Context) error {
	keys := []string{message.Device(d.carrier.Name())}
	for _, group := range d.carrier.Groups() {
		keys = append(keys, message.Group(group))
	}
	var choice *message.Signed
	for _, key := range append(keys, message.All) {
		text, _, err := d.carrier.Read(ctx, key)
		if errors.Is(err, follow.ErrNone) {
			continue
		} else if err != nil {
			return err
		}
		w, err := message.ParseWish(text)
		if err != nil {
			return err
		}
		if choices := w.Choices(d.carrier.Name()); choice == nil && len(choices) > 0 {
			choice = &choices[0]
		}
	}
	if _, _, err := d.carrier.Read(ctx, message.KeySet(2)); !errors.Is(err, follow.ErrNone) {
		return err
	}
	if choice != nil {
		if err := d.fetch(ctx, choice.Text); err != nil {
			return err
		}
	}
	return d.tellState(ctx)
}

// fetch fetches and verifies the files of a bundle.
func (d *simulated) fetch(ctx context.Context, manifest []byte) error {
	m, err := bundle.ParseManifest(manifest)
	if err != nil || d.version() == m.Version {
		return err
	}
	for _, file := range m.Files {
		sum := sha256.New()
		for n := range (file.Size + message.ChunkSize - 1) / message.ChunkSize {
			chunk, err := d.carrier.Chunk(ctx, file.SHA256, int(n))
			if err != nil {
				return err
			}
			sum.Write(chunk)
		}
		if hex.EncodeToString(sum.Sum(nil)) != file.SHA256 {
			return fmt.Errorf("%s: another SHA-256", file.Path)
		}
	}
	all := sha256.Sum256(manifest)
	d.running.Store(&message.Running{Name: m.Name(), Version: m.Version, Digest: hex.EncodeToString(all[:]), Phase: message.Good})
	return nil
}

// version returns the version of the bundle of the device; 0 without one.
func (d *simulated) version() int64 {
	if r := d.running.Load(); r != nil {
		return r.Version
	}
	return 0
}

func (d *simulated) header() message.Header {
	return message.Header{Device: d.carrier.Name(), Boot: d.boot, Seq: d.seq.Add(1), Time: time.Now()}
}

// tellState reports a state such as that of a device whose scripts run.
func (d *simulated) tellState(ctx context.Context) error {
	s := message.State{
		Header: d.header(), Groups: d.carrier.Groups(), Moonlark: "1.4.0", OK: true, Status: "waiting",
		Running:  message.Running{Phase: "factory"},
		Reported: map[string]json.RawMessage{"paper": json.RawMessage("73"), "door": json.RawMessage(`"closed"`)},
	}
	if r := d.running.Load(); r != nil {
		s.Running, s.Wanted = *r, &message.Wanted{Name: r.Name, Digest: r.Digest, Phase: r.Phase}
	}
	text, err := json.Marshal(s)
	if err == nil {
		err = d.carrier.Report(ctx, message.StateKind, s.ID(), text)
	}
	if err == nil {
		d.states.Add(1)
		d.stateSize.Store(int64(len(text)))
	}
	return err
}

// tellLogs hands in log records, one after the other.
func (d *simulated) tellLogs(ctx context.Context, count int) error {
	for n := range count {
		event := fmt.Sprintf(`{"type":"log","time":%q,"level":"info","script":"kiosk.lua","text":"customer %d has asked for the opening hours of the shop in the main street"}`, time.Now().Format(time.RFC3339Nano), n)
		e := message.Event{Header: d.header(), Event: json.RawMessage(event)}
		text, err := json.Marshal(e)
		if err == nil {
			err = d.carrier.Report(ctx, message.LogKind, e.ID(), text)
		}
		if err != nil {
			return err
		}
		d.logSize.Store(int64(len(text)))
	}
	return nil
}

// close ends the device.
func (d *simulated) close() {
	d.cancel()
	d.done.Wait()
	d.carrier.Close()
}
