package center

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"moonlark/engine/fleet/message"
)

// maxCommands is how many commands of SendAll are under way at once.
const maxCommands = 16

// A Reply is what a device has answered to a command.
type Reply struct {
	Device string
	Answer message.Answer
	Err    error // why there is no answer; ErrNobody if the device is not connected
}

// SendAll sends a command to the devices with these names, and calls each with every reply, in the order in
// which they arrive, on the goroutine of the caller.
func SendAll(ctx context.Context, hub Hub, devices []string, verb string, body []byte, each func(Reply)) error {
	if err := checkCommand(verb, body); err != nil {
		return err
	}
	replies, free := make(chan Reply), make(chan struct{}, maxCommands)
	var wg sync.WaitGroup
	go func() {
		for _, device := range devices {
			free <- struct{}{}
			wg.Go(func() {
				answer, err := hub.Command(ctx, device, verb, body)
				<-free
				replies <- Reply{device, answer, err}
			})
		}
		wg.Wait()
		close(replies)
	}()
	for r := range replies {
		each(r)
	}
	return ctx.Err()
}

// checkCommand returns an error if no device would take the command.
func checkCommand(verb string, body []byte) error {
	if err := message.CheckVerb(verb); err != nil {
		return err
	}
	if len(body) > message.MaxCommand {
		return fmt.Errorf("%d bytes are more than the %d that a command can have", len(body), message.MaxCommand)
	}
	if len(body) > 0 && !json.Valid(body) {
		return fmt.Errorf("%.80q is not JSON", body)
	}
	return nil
}

// Devices returns the names of the devices in the group, or of all devices for message.All, as far as the
// hub has heard of them. Those that are online are in the first list.
func (f Fleet) Devices(group string) (online, offline []string) {
	for _, r := range f.Reports {
		switch {
		case group != message.All && !slices.Contains(r.Groups, group):
		case f.isOnline(r):
			online = append(online, r.Device)
		default:
			offline = append(offline, r.Device)
		}
	}
	slices.Sort(online)
	slices.Sort(offline)
	return online, offline
}
