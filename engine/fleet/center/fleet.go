package center

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
)

// Absent is after how long without a state a device counts as offline: three heartbeats.
const Absent = 3 * time.Minute

// A Fleet is what the hub knows of a fleet at one time. It does not change.
type Fleet struct {
	Name    string
	Wishes  map[string]message.Wish // by key
	Reports []Report                // the last one of each device
	Now     time.Time               // by the clock of the hub
}

// Look asks the hub for everything that it knows of the fleet.
func Look(ctx context.Context, hub Hub) (Fleet, error) {
	f := Fleet{Name: hub.Fleet()}
	var err error
	if f.Now, err = hub.Now(ctx); err != nil {
		return f, err
	}
	if f.Wishes, err = hub.Wishes(ctx); err != nil {
		return f, err
	}
	f.Reports, err = hub.States(ctx)
	return f, err
}

// isOnline reports whether the device was heard of recently.
func (f Fleet) isOnline(r Report) bool { return f.Now.Sub(r.Received) <= Absent }

// device returns the last state of a device.
func (f Fleet) device(name string) (Report, bool) {
	i := slices.IndexFunc(f.Reports, func(r Report) bool { return r.Device == name })
	if i < 0 {
		return Report{}, false
	}
	return f.Reports[i], true
}

// keysOf returns the keys of the wishes that concern a device, the most exact one first.
func keysOf(r Report) []string {
	keys := make([]string, 0, len(r.Groups)+2)
	keys = append(keys, message.Device(r.Device))
	for _, group := range r.Groups {
		keys = append(keys, message.Group(group))
	}
	return append(keys, message.All)
}

// namesBundle reports whether the wish names a bundle for the device.
func namesBundle(w message.Wish, device string) bool { return w.Stable != nil || w.Takes(device) }

// decides returns the key of the wish that decides for a device, or "" if none does.
func (f Fleet) decides(r Report) string {
	for _, key := range keysOf(r) {
		if w, ok := f.Wishes[key]; ok && namesBundle(w, r.Device) {
			return key
		}
	}
	return ""
}

// members returns the devices for which the wish under a key decides, or will decide when it names a bundle
// for all of its devices. They are sorted by name.
//
// The groups are those that each device states in its reports: the hub checks only the name of the device. So
// a device that lies, or whose credentials were stolen, can enter the waves of any group, where its reports
// count like those of the others. It cannot read the wishes of other groups, since the hub checks the groups
// in its credentials then.
func (f Fleet) members(key string) []Report {
	var members []Report
	for _, r := range f.Reports {
		for _, k := range keysOf(r) {
			if k == key {
				members = append(members, r)
				break
			}
			if w, ok := f.Wishes[k]; ok && namesBundle(w, r.Device) {
				break
			}
		}
	}
	slices.SortFunc(members, func(a, b Report) int { return cmp.Compare(a.Device, b.Device) })
	return members
}

// Find returns the key of the wish for what an operator calls a target: "all", "group:NAME", "device:NAME",
// or only the name of a group or a device that the hub knows.
func (f Fleet) Find(target string) (key string, err error) {
	if target == message.All {
		return message.All, nil
	}
	kind, name, exact := strings.Cut(target, ":")
	if !exact {
		kind, name = "", target
	}
	if err := bundle.CheckName(name); err != nil {
		return "", fmt.Errorf("target: %w", err)
	}
	switch kind {
	case "group":
		return message.Group(name), nil
	case "device":
		return message.Device(name), nil
	case "":
	default:
		return "", fmt.Errorf("target %q: write all, group:NAME or device:NAME", target)
	}
	_, isDevice := f.device(name)
	isGroup := slices.ContainsFunc(f.Reports, func(r Report) bool { return slices.Contains(r.Groups, name) })
	if _, ok := f.Wishes[message.Group(name)]; ok {
		isGroup = true
	}
	if _, ok := f.Wishes[message.Device(name)]; ok {
		isDevice = true
	}
	switch {
	case isDevice && isGroup:
		return "", fmt.Errorf("%s is a device and a group: write device:%s or group:%s", name, name, name)
	case isDevice:
		return message.Device(name), nil
	case isGroup:
		return message.Group(name), nil
	}
	return "", fmt.Errorf("no device or group called %s has been heard of: if there will be one, write device:%s or group:%s", name, name, name)
}

// Target returns what people call the key of a wish.
func Target(key string) string {
	for _, prefix := range []string{message.Group(""), message.Device("")} {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			return name
		}
	}
	return key
}

// target returns what people call the key of a wish: as Target, but with the kind if two wishes are called the
// same.
func (f Fleet) target(key string) string {
	name := Target(key)
	group, device := message.Group(name), message.Device(name)
	_, hasGroup := f.Wishes[group]
	_, hasDevice := f.Wishes[device]
	switch ambiguous := hasGroup && hasDevice || name == message.All; {
	case ambiguous && key == group:
		return "group:" + name
	case ambiguous && key == device:
		return "device:" + name
	}
	return name
}

// A progress says how far the devices are that take the bundle that is being rolled out.
type progress struct {
	Known     int       `json:"known"`     // devices that take it
	Online    int       `json:"online"`    // of these, those that are online, and those that it has failed on
	Good      int       `json:"good"`      // of those online, the ones on which it has passed its trial
	Fetching  int       `json:"fetching"`  // they fetch it
	Waiting   int       `json:"waiting"`   // they have it, and wait for the end of the conversation or the window
	Trial     int       `json:"trial"`     // they run it on trial
	Untouched int       `json:"untouched"` // they have not read the wish yet
	Back      int       `json:"back"`
	Refused   int       `json:"refused"`
	Failed    []Failure `json:"failed,omitempty"` // all of Back and Refused
}

// progressOf returns how far the devices are that take w.Next, which is the wish under the key.
func (f Fleet) progressOf(key string, w message.Wish) *progress {
	p := new(progress)
	digest := digestOf(w.Next.Text)
	for _, r := range f.members(key) {
		if w.Takes(r.Device) {
			p.add(r, digest, f.isOnline(r))
		}
	}
	return p
}

// progressOfWave returns how far the devices are that take w.Next since the current wave of its rollout has
// begun.
func (f Fleet) progressOfWave(key string, w message.Wish, r *Rollout) *progress {
	before := w
	if before.Share = r.Before; r.Wave == 0 {
		before.First = nil
	}
	p := new(progress)
	for _, m := range f.members(key) {
		if w.Takes(m.Device) && !before.Takes(m.Device) {
			p.add(m, r.Digest, f.isOnline(m))
		}
	}
	return p
}

// add counts a device. Those that are offline count for nothing, unless the bundle has failed on them.
func (p *progress) add(r Report, digest string, online bool) {
	p.Known++
	phase, why := phaseOf(r, digest)
	failed := phase == message.Back || phase == message.Refused
	if !online && !failed {
		return
	}
	p.Online++
	switch phase {
	case message.Good:
		p.Good++
	case message.Fetching:
		p.Fetching++
	case message.Waiting:
		p.Waiting++
	case message.Trial:
		p.Trial++
	case message.Back:
		p.Back++
	case message.Refused:
		p.Refused++
	default:
		p.Untouched++
	}
	if failed {
		p.Failed = append(p.Failed, Failure{Device: r.Device, Phase: phase, Why: why})
	}
}

// phaseOf returns how far a device is with the bundle with this digest, or "" if it has not begun.
func phaseOf(r Report, digest string) (phase, why string) {
	if r.Running.Digest == digest && r.Running.Phase == message.Good {
		return message.Good, ""
	}
	if r.Wanted != nil && r.Wanted.Digest == digest {
		return r.Wanted.Phase, r.Wanted.Why
	}
	if r.Running.Digest == digest {
		return r.Running.Phase, ""
	}
	return "", ""
}

// failsOften reports whether the bundle has failed on at least two devices, and on more than stopAt of 10,000.
func (p *progress) failsOften(stopAt int) bool {
	failed := p.Back + p.Refused
	return failed >= 2 && failed*message.Shares > stopAt*p.Online
}

// hasFailed reports whether the bundle has failed on so many devices that the rollout must end: often, or on
// all that have tried it, when no other device is left.
func (p *progress) hasFailed(stopAt int) bool {
	failed := p.Back + p.Refused
	return p.failsOften(stopAt) || failed > 0 && failed == p.Online
}

// enough is which part of the devices that are online must be good at the end of a wave, in percent.
const enough = 95

// isFinished reports whether enough devices are good, or all have finished.
func (p *progress) isFinished() bool {
	return p.Good*100 >= enough*p.Online || p.Good+p.Back+p.Refused == p.Online
}

// shareOf returns the share with which a wave begins. It is the planned share, or more, so that at least one
// device that is online takes the bundle and has not taken it before, if there is such a device. w is the
// wish before the wave.
func (f Fleet) shareOf(key string, w message.Wish, planned int) int {
	var others []string // that are online and do not take the bundle yet
	for _, r := range f.members(key) {
		if f.isOnline(r) && !w.Takes(r.Device) {
			others = append(others, r.Device)
		}
	}
	if len(others) == 0 {
		return planned
	}
	return planned + sort.Search(message.Shares-planned, func(more int) bool {
		w.Share = planned + more
		return slices.ContainsFunc(others, w.Takes)
	})
}
