package remote

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/agentsettings"
	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/dialog"
	"moonlark/engine/life"
)

// A heldDialog is a dialog as package life holds it. It makes itself the present dialog of a
// Remote.
type heldDialog struct {
	*dialog.Dialog
	remote *Remote
}

func (d *heldDialog) Hold(ctx context.Context, reconnected, preroll bool) life.Ending {
	d.remote.SetDialog(d.Dialog)
	defer d.remote.SetDialog(nil)
	return d.Dialog.Hold(ctx, reconnected, preroll)
}

// A program is a Remote with a life. The test decides when an attempt to connect succeeds.
type program struct {
	*Remote
	life    *life.Life
	accept  chan struct{}     // has a value for each attempt to connect that succeeds
	current *fakeConversation // the conversation that was opened last
}

// runProgram runs a life in a bubble of synctest, and ends it after test.
func runProgram(t *testing.T, opts life.Options, test func(p *program)) {
	synctest.Test(t, func(t *testing.T) {
		p := &program{accept: make(chan struct{}, 10)}
		opts.Bus = new(bus.Bus)
		turns := dialog.NewTurns()
		opts.Open = func(ctx context.Context, _ life.Start) (life.Conversation, life.Ending) {
			select {
			case <-p.accept:
			case <-ctx.Done():
				return nil, life.Ending{How: life.CutOff, Err: context.Cause(ctx)}
			}
			p.current = newFakeConversation()
			d := dialog.New(p.current, dialog.Options{Bus: opts.Bus, Turns: turns, Connected: p.life.Connected})
			return &heldDialog{d, p.Remote}, life.Ending{}
		}
		p.life = life.New(opts)
		p.Remote = newRemote(Parts{Bus: opts.Bus, Life: p.life, Turns: turns})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.life.Run(ctx)
		}()
		synctest.Wait()
		test(p)
		cancel()
		<-done
	})
}

// reach brings the program to a status. wait is life.Options.Wait. Without it, the program is
// connecting at first.
func (p *program) reach(t *testing.T, wait bool, status string) {
	t.Helper()
	if wait && status != life.Waiting {
		if err := p.Start(agentsettings.Settings{}, false); err != nil {
			t.Fatal(err)
		}
	}
	if status == life.Connected || status == life.Reconnecting || status == life.Ended {
		p.accept <- struct{}{}
	}
	synctest.Wait()
	switch status {
	case life.Reconnecting:
		p.current.end(errors.New("the cable was pulled"))
	case life.Ended:
		p.current.end(&convai.CloseError{Code: 1000})
	}
	synctest.Wait()
	if got := p.Status(); got != status {
		t.Fatalf("the status is %s, want %s", got, status)
	}
}

func TestStopInEachStatus(t *testing.T) {
	for _, row := range []struct {
		status string
		wait   bool // life.Options.Wait
		want   error
		after  string // the status after Stop
	}{
		{life.Waiting, true, life.ErrNoConversation, life.Waiting},
		{life.Connecting, true, nil, life.Waiting},
		{life.Connecting, false, nil, life.Ended},
		{life.Connected, true, nil, life.Waiting},
		{life.Connected, false, nil, life.Ended},
		{life.Reconnecting, true, nil, life.Waiting},
		{life.Reconnecting, false, nil, life.Ended},
		{life.Ended, false, life.ErrNoConversation, life.Ended},
	} {
		t.Run(fmt.Sprintf("%s, wait %v", row.status, row.wait), func(t *testing.T) {
			runProgram(t, life.Options{Wait: row.wait, Reconnect: true}, func(p *program) {
				p.reach(t, row.wait, row.status)
				if err := p.Stop(); !errors.Is(err, row.want) {
					t.Errorf("Stop = %v, want %v", err, row.want)
				}
				time.Sleep(10 * time.Second) // in a conversation, Stop waits for the agent's last reply
				synctest.Wait()
				if got := p.Status(); got != row.after {
					t.Errorf("the status after Stop is %s, want %s", got, row.after)
				}
				if !row.wait {
					return
				}
				p.reach(t, true, life.Connected) // another conversation can begin after Stop
			})
		})
	}
}

func TestStopTwiceEndsOneConversation(t *testing.T) {
	runProgram(t, life.Options{Wait: true}, func(p *program) {
		p.reach(t, true, life.Connected)
		for range 2 {
			if err := p.Stop(); err != nil {
				t.Errorf("Stop = %v", err)
			}
		}
		time.Sleep(10 * time.Second)
		p.reach(t, true, life.Connected)
	})
}

func TestStartIsRefusedWhileThereIsAConversation(t *testing.T) {
	for _, status := range []string{life.Connecting, life.Connected} {
		runProgram(t, life.Options{}, func(p *program) {
			p.reach(t, false, status)
			err := p.Start(agentsettings.Settings{}, false)
			if err == nil || err.Error() != "there is a conversation already" {
				t.Errorf("Start while %s = %v", status, err)
			}
		})
	}
}

func TestReloadDoesNothingBeforeTheScriptsAreLoaded(t *testing.T) {
	reloads := 0
	newRemote(Parts{Life: life.New(life.Options{}), Reload: func(...string) { reloads++ }}).Reload()
	if reloads > 0 {
		t.Errorf("%d reloads before the start", reloads)
	}
	runProgram(t, life.Options{Wait: true}, func(p *program) {
		r := newRemote(Parts{Life: p.life, Reload: func(...string) { reloads++ }})
		r.Reload()
	})
	if reloads != 1 {
		t.Errorf("%d reloads, want 1", reloads)
	}
}

func TestReloadWorksInAProgramWithoutConversations(t *testing.T) {
	reloads := 0
	newRemote(Parts{Reload: func(...string) { reloads++ }}).Reload()
	if reloads != 1 {
		t.Errorf("%d reloads, want 1", reloads)
	}
}
