package fleet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/health"
)

// takeRequest looks for a bundle that somebody wants to run. If the device may use it, it is in d.next.
// Without an agent, the scripts of the bundle are not checked, because they are loaded at once.
func (d *Device) takeRequest(agent Agent) {
	if !d.mayWrite() {
		return
	}
	r, ok := d.newRequest()
	if !ok {
		return
	}
	if r.Digest == d.state.Current && (agent == nil || d.inUse.digest == r.Digest || d.state.Trial != nil) {
		d.state.Request = r.ID
		if d.save() == nil {
			d.dropRequest()
		}
		return
	}
	b, err := d.disk.accept(r.Digest, &d.state, d.opts.Moonlark)
	if f, failed := d.state.Failed[r.Digest]; failed && err == nil && !r.Again {
		err = errors.New("it has failed before: " + f.Why)
	}
	if isTransient(err) {
		d.postpone(err)
		return
	}
	if err == nil && agent != nil {
		if err = agent.Check(d.choiceOf(r.Digest, b.Manifest).paths); errors.Is(err, context.Canceled) {
			return
		} else if err != nil {
			err = errors.New("does not load: " + d.short(r.Digest, err))
		}
	}
	if err != nil {
		d.refuse(r, b, err)
		return
	}
	d.setNext(&candidate{request: r, bundle: b, looked: time.Now()})
	if agent != nil {
		d.publish(Ready, b.Manifest, "")
	}
}

// newRequest reads the request. It returns false if there is none, or if it has been handled already.
func (d *Device) newRequest() (r request, ok bool) {
	err := d.disk.readJSON(nextFile, &r)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.setNext(nil) // the fleet has withdrawn it
		return r, false
	case isTransient(err):
		d.postpone(err)
		return r, false
	case err != nil:
		d.log(slog.LevelError, err.Error())
		d.removeRequest("")
		return r, false
	case r.ID == d.handled: // the process was killed before it could delete the request
		d.removeRequest(r.ID)
		return r, false
	case d.next != nil && d.next.request.Digest == r.Digest: // the bundle waits already, perhaps for something else
		d.next.request = r
		return r, false
	}
	d.setNext(nil) // a newer request takes the place of an older one
	return r, true
}

// setNext records which bundle waits; nil if none does.
func (d *Device) setNext(n *candidate) {
	if d.next = n; n == nil {
		d.show(func(f *health.Fleet) { f.Next, f.Waiting = "", "" })
		return
	}
	d.show(func(f *health.Fleet) { f.Next = n.bundle.Manifest.Name() })
}

// removeRequest deletes the request with this ID, or one that cannot be decoded. During an installation it
// leaves that to the next call of takeRequest.
func (d *Device) removeRequest(id string) {
	if err := d.disk.removeRequest(id, 0); !errors.Is(err, errLocked) {
		d.wrote(err)
	}
}

// postpone logs a fault after which the same may work later: see isTransient. The device waits for
// retryTime before it goes on.
func (d *Device) postpone(err error) {
	d.log(slog.LevelError, err.Error()+": another attempt follows")
	d.retryAt = time.Now().Add(retryTime)
}

// refuse records that the bundle of a request is not used. b is nil if it cannot be read.
func (d *Device) refuse(r request, b *bundle.Bundle, why error) {
	d.state.Request = r.ID
	if b == nil {
		d.log(slog.LevelError, "the new bundle cannot be used: "+why.Error())
	} else {
		if _, failed := d.state.Failed[r.Digest]; !failed && isFinal(why) {
			d.state.fail(r.Digest, fail{b.Manifest.Version, Refused, why.Error()})
		}
		// whoever reads in the store that the request was handled finds out why
		d.explain(b.Manifest, why.Error())
		defer d.publish(Refused, b.Manifest, why.Error())
	}
	d.save()
	d.dropRequest()
	d.clean()
}

// isFinal reports whether the reason why a bundle is refused depends on nothing but the bundle.
func isFinal(why error) bool {
	var path *fs.PathError
	if errors.As(why, &path) {
		return false
	}
	var refusal *bundle.Refusal
	if !errors.As(why, &refusal) {
		return true
	}
	switch refusal.Reason {
	case bundle.BadSignature, bundle.NeedsNewer, bundle.NotForDevice, bundle.Expired, bundle.Damaged:
		return false
	}
	return true
}

// begin makes n the current bundle, which is on trial unless it is the last good one.
func (d *Device) begin(n *candidate) {
	seen := d.counts.get()
	// what d.state shares with the state before must not change, because begin may be undone
	d.state.Versions, d.state.Failed = maps.Clone(d.state.Versions), maps.Clone(d.state.Failed)
	d.state.accept(n.bundle)
	hub := d.hasHub()
	if d.onTrial() {
		hub = d.state.Trial.Hub
	} else {
		d.state.Reached = seen.lastReached
	}
	d.state.Trial = &trial{Reached: d.state.Reached, Hub: hub, Errors: seen.mostFail()}
	if n.bundle.Digest == d.state.Good {
		d.state.Trial = nil
	}
	d.state.Current, d.state.Request = n.bundle.Digest, n.request.ID
}

// switchTo switches to a bundle that is ready.
func (d *Device) switchTo(n *candidate, agent Agent) {
	before := d.state
	d.begin(n)
	if d.save() != nil {
		d.state = before
		return
	}
	d.dropRequest()
	d.setNext(nil)
	delete(d.unusable, d.state.Current)
	if d.state.Trial != nil {
		d.tryCurrent(agent)
		return
	}
	d.judge = nil
	d.goBack(agent)
	if d.inUse.digest == d.state.Current {
		d.publish(Good, d.inUse.manifest, "")
	}
}

// tryCurrent runs the scripts of the bundle that is on trial.
func (d *Device) tryCurrent(agent Agent) {
	delete(d.unusable, d.state.Current)
	c := d.choose(d.state.Current)
	if d.state.Trial == nil { // it is damaged
		d.goBack(agent)
		return
	} else if c.digest != d.state.Current { // it cannot be read now: resume tries it again
		return
	}
	crashes := crashesOf(agent.Health())
	d.disk.beforeStep("switch")
	if err := agent.Switch(c.paths); errors.Is(err, context.Canceled) {
		return // the next process tries it
	} else if err != nil {
		d.end(d.short(d.state.Current, err))
		d.goBack(agent)
		return
	}
	d.disk.beforeStep("switched")
	d.use(c)
	d.startTrial(crashes)
}

// resume goes on with what could not be written to the disk before.
func (d *Device) resume(agent Agent) {
	if d.Health().Trouble != "" && d.save() != nil {
		return
	}
	switch {
	case d.inUse.digest == d.state.Current:
	case d.state.Trial != nil: // its last start could not be counted, or it could not be read
		d.tryCurrent(agent)
	case !d.unusable[d.state.Current] && !inConversation(agent): // it could not be read
		d.goBack(agent)
	}
}

// startTrial begins to watch the bundle that runs. crashes are the numbers of crashes of the scripts
// before.
func (d *Device) startTrial(crashes map[string]int) {
	d.judge = newJudge(trialLength(d.inUse.manifest), d.state.Trial, crashes, d.counts.restart())
	d.publish(Trial, d.inUse.manifest, "")
}

// end ends the trial of the current bundle, which has failed: from now on, the last good one is the
// current one.
func (d *Device) end(why string) {
	digest := d.state.Current
	m, err := d.disk.manifest(digest)
	if err != nil {
		m = &bundle.Manifest{}
	}
	d.state.fail(digest, fail{m.Version, Back, why})
	d.state.Current, d.state.Trial = d.state.Good, nil
	d.judge = nil
	d.save()
	if digest != d.state.Good && digest != d.state.Spare { // it may have been marked when the state could not be written
		if err := d.disk.unmarkGood(digest); err != nil {
			d.log(slog.LevelWarn, "the mark of a bundle that has failed cannot be removed: "+err.Error())
		}
	}
	to := "; back to the factory scripts"
	if good, err := d.disk.manifest(d.state.Good); err == nil && d.state.Good != "" {
		to = "; back to " + shortName(good, m)
	}
	d.publish(Back, m, why+to)
}

// endStarts ends the trial because the process has started too often.
func (d *Device) endStarts() {
	d.end(fmt.Sprintf("the process has started %d times within the trial", maxStarts))
}

// short returns the text of an error without the path of the folder of a bundle.
func (d *Device) short(digest string, err error) string {
	return strings.ReplaceAll(err.Error(), d.disk.bundlePath(digest, filesFolder)+string(filepath.Separator), "")
}

// goBack switches to the last good bundle, unless it runs. If not even the factory scripts load, another
// attempt follows after retryTime.
func (d *Device) goBack(agent Agent) {
	for d.inUse.digest != d.state.Current {
		c := d.choose(d.state.Current)
		if c.digest == d.inUse.digest {
			return
		}
		d.disk.beforeStep("switch back")
		err := agent.Switch(c.paths)
		if err == nil {
			d.use(c)
			break
		} else if errors.Is(err, context.Canceled) {
			return
		}
		d.log(slog.LevelError, c.name()+" does not load: "+err.Error())
		if c.digest == "" {
			d.retryAt = time.Now().Add(retryTime)
			return
		}
		d.unusable[c.digest] = true
	}
	d.counts.restart()
	d.clean()
}

// pass makes the bundle on trial the last good one. If that cannot be written, the trial goes on.
func (d *Device) pass() {
	before := d.state
	err := d.disk.markGood(d.state.Current)
	if err != nil {
		d.wrote(err)
		return
	}
	if d.state.Good != d.state.Current {
		d.state.Spare = d.state.Good
	}
	d.state.Good, d.state.Trial = d.state.Current, nil
	d.state.Reached = d.counts.get().lastReached
	if d.save() != nil {
		d.state = before
		return
	}
	d.judge = nil
	d.use(d.inUse)
	d.publish(Good, d.inUse.manifest, "")
	d.counts.restart()
	d.clean()
}

// clean deletes the bundles that are not needed any more.
func (d *Device) clean() {
	keep := map[string]bool{d.state.Current: true, d.state.Good: true, d.state.Spare: true, d.inUse.digest: true}
	if err := d.disk.clean(keep); err != nil {
		d.log(slog.LevelWarn, "old bundles cannot be deleted: "+err.Error())
	}
}

// publish publishes the event that a bundle has come into a phase. why is empty if there is no reason.
func (d *Device) publish(phase string, m *bundle.Manifest, why string) {
	e := bus.Event{Type: bus.Bundle, Fleet: m.Fleet, Version: m.Version, Phase: phase, Text: why}
	if phase == Trial {
		e.Seconds = trialLength(m).Seconds()
	}
	if why != "" {
		d.explain(m, why)
	}
	d.opts.Bus.Publish(e)
}

// explain shows why a bundle is not used.
func (d *Device) explain(m *bundle.Manifest, why string) {
	d.show(func(f *health.Fleet) { f.Last = "bundle " + m.Name() + ": " + why })
}

// shortName returns the name of m, without the fleet if that is the one of the other bundle.
func shortName(m, other *bundle.Manifest) string {
	short := *m
	if m.Fleet == other.Fleet {
		short.Fleet = ""
	}
	return short.Name()
}
