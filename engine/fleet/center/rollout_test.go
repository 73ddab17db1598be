package center_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/message"
)

func TestARolloutGoesThroughItsWavesAndBecomesStable(t *testing.T) {
	inShop(t, 1000, func(t *testing.T, s *shop) {
		s.settle(16)
		var told []string
		s.control(func(key, text string) { told = append(told, key+": "+text) })
		first := s.devices.Each[7].Name
		s.publish(17, center.Plan{First: []string{first}, Waves: waves, Hold: 30 * time.Minute})
		s.devices.Pass(s.Context(), 20*time.Minute)
		if n := s.running(17); n != 1 || s.devices.Each[7].Runs() != 17 {
			t.Fatalf("before the first wave, %d devices run the bundle", n)
		}
		earlier := map[string]bool{}
		for _, share := range waves {
			for s.wish().Share < share && s.wish().Next != nil {
				s.devices.Pass(s.Context(), time.Minute)
			}
			s.devices.Pass(s.Context(), 25*time.Minute) // less than the hold
			n := s.running(17)
			if want := share / 10; n < want*7/10 || n > want*13/10+1 {
				t.Errorf("with the share %d, %d devices run the bundle", share, n)
			}
			for _, d := range s.devices.Each {
				if earlier[d.Name] && d.Runs() != 17 {
					t.Errorf("%s has lost the bundle in a later wave", d.Name)
				}
				earlier[d.Name] = d.Runs() == 17
			}
		}
		s.devices.Pass(s.Context(), 10*time.Minute)
		synctest.Wait()
		if w := s.wish(); w.Next != nil || w.Share != 0 || len(w.First) > 0 || s.running(17) != 1000 {
			t.Errorf("at the end: %d devices, share %d", s.running(17), w.Share)
		}
		if e := s.status().Ended["kiosk"]; e.Result != center.Done || e.Good != 1000 || len(told) != 4 {
			t.Errorf("ended with %+v, told %q", e, told)
		}
		for _, d := range s.devices.Each {
			if !slices.Equal(d.Took, []int64{16, 17}) {
				t.Fatalf("%s has run %v", d.Name, d.Took)
			}
		}
	})
}

func TestARolloutThatFailsIsTakenBack(t *testing.T) {
	inShop(t, 1000, func(t *testing.T, s *shop) {
		s.settle(16)
		s.control(nil)
		for _, d := range s.devices.Each {
			d.Fails = func(version int64) string {
				if version == 17 && strings.HasSuffix(d.Name, "3") {
					return "kiosk.lua:88: attempt to index 'printer' (a nil value)"
				}
				return ""
			}
		}
		s.publish(17, center.Plan{Waves: waves, Hold: 30 * time.Minute})
		s.devices.Pass(s.Context(), 20*time.Minute)
		synctest.Wait()
		w := s.wish()
		if w.Next != nil || s.running(16) != 1000 {
			t.Fatalf("%d devices run the bundle from before", s.running(16))
		}
		e := s.status().Ended["kiosk"]
		if e.Result != center.Failed || e.Wave != 1 || e.Bad < 2 || len(e.Failed) == 0 || !strings.Contains(e.Failed[0].Why, "printer") {
			t.Errorf("ended with %+v", e)
		}
		p, err := center.Publish(t.Context(), s.hub, s.bundle(17, nil), center.Plan{To: "kiosk", Waves: waves, DryRun: true})
		if err != nil || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "has failed on") {
			t.Errorf("the same bundle again: %q, %v", p.Warnings, err)
		}
	})
}

// The devices of a small last wave are judged apart from the many of those before.
func TestASmallWaveThatFailsEndsARollout(t *testing.T) {
	inShop(t, 300, func(t *testing.T, s *shop) {
		s.settle(16)
		s.control(nil)
		s.publish(17, center.Plan{Waves: []int{9600, 10_000}})
		last := 0
		for w, i := s.wish(), 0; i < 300; i++ {
			if d := s.devices.Each[i]; !w.Takes(d.Name) {
				last++
				d.Fails = func(version int64) string { return map[int64]string{17: "no printer"}[version] }
			}
		}
		s.devices.Pass(s.Context(), time.Hour)
		synctest.Wait()
		if e := s.status().Ended["kiosk"]; e.Result != center.Failed || e.Wave != 2 || e.Bad < 2 || s.running(16) != 300 {
			t.Errorf("%d of %d failed, %d devices run the bundle from before, ended with %+v", e.Bad, last, s.running(16), e)
		}
	})
}

func TestOneFailureAmongManyDoesNotEndARollout(t *testing.T) {
	inShop(t, 11, func(t *testing.T, s *shop) {
		s.settle(16)
		s.devices.Each[0].Fails = func(version int64) string { return map[int64]string{17: "no printer"}[version] }
		s.control(nil)
		s.publish(17, center.Plan{AtOnce: true})
		s.devices.Pass(s.Context(), 15*time.Minute)
		synctest.Wait()
		if e := s.status().Ended["kiosk"]; e.Result != center.Done || e.Good != 10 || e.Bad != 1 || s.running(17) != 10 {
			t.Errorf("%d devices run it, ended with %+v", s.running(17), e)
		}
	})
}

// In a wave of one device, nothing is good when it fails.
func TestAFailureOfTheOnlyDeviceEndsARollout(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		s.settle(16)
		s.devices.Each[0].Fails = func(version int64) string { return map[int64]string{17: "no printer"}[version] }
		s.control(nil)
		s.publish(17, center.Plan{First: []string{"kiosk-0000"}, Waves: waves})
		s.devices.Pass(s.Context(), 15*time.Minute)
		synctest.Wait()
		if e := s.status().Ended["kiosk"]; e.Result != center.Failed || s.running(16) != 3 {
			t.Errorf("%d devices run the bundle from before, ended with %+v", s.running(16), e)
		}
	})
}

// With few devices, 5 % can be none of them: a wave has at least one device.
func TestEachWaveOfASmallFleetHasADevice(t *testing.T) {
	inShop(t, 4, func(t *testing.T, s *shop) {
		s.settle(16)
		s.control(nil)
		p := s.publish(17, center.Plan{Waves: []int{1, 2, 10_000}})
		if len(p.Waves) != 3 || len(p.Waves[0].Devices) != 1 || len(p.Waves[1].Devices) != 1 || len(p.Waves[2].Devices) != 2 {
			t.Errorf("the waves are %+v", p.Waves)
		}
		s.devices.Pass(s.Context(), 12*time.Minute)
		if n := s.running(17); n != 1 {
			t.Errorf("in the first wave, %d devices run the bundle", n)
		}
		s.devices.Pass(s.Context(), 40*time.Minute)
		if n := s.running(17); n != 4 {
			t.Errorf("at the end, %d devices run the bundle", n)
		}
	})
}

func TestSeveralControllersDoEachStepOnce(t *testing.T) {
	inShop(t, 200, func(t *testing.T, s *shop) {
		s.settle(16)
		told := make(chan string, 100)
		for range 3 {
			s.control(func(_, text string) { told <- text })
		}
		s.publish(17, center.Plan{Waves: waves})
		s.devices.Pass(s.Context(), time.Hour)
		synctest.Wait()
		if s.running(17) != 200 || len(told) != 3 {
			t.Errorf("%d devices run the bundle after %d changes", s.running(17), len(told))
		}
	})
}

func TestAPausedRolloutStaysAsItIs(t *testing.T) {
	inShop(t, 100, func(t *testing.T, s *shop) {
		s.settle(16)
		s.control(nil)
		s.publish(17, center.Plan{Waves: waves})
		if err := center.Pause(t.Context(), s.hub, "grp.kiosk", "anna"); err != nil {
			t.Fatal(err)
		}
		s.devices.Pass(s.Context(), 3*time.Hour)
		first := s.running(17)
		if w := s.wish(); w.Next == nil || first == 0 || first > 15 {
			t.Fatalf("during the pause, %d devices run the bundle", first)
		}
		if text := s.status().Text(); !strings.Contains(text, "paused by anna") {
			t.Errorf("the status is %s", text)
		}
		if err := center.Pause(t.Context(), s.hub, "grp.kiosk", "ben"); err == nil || !strings.Contains(err.Error(), "anna") {
			t.Errorf("a second pause: %v", err)
		}
		if err := center.Resume(t.Context(), s.hub, "grp.kiosk"); err != nil {
			t.Fatal(err)
		}
		s.devices.Pass(s.Context(), time.Hour)
		if s.running(17) != 100 {
			t.Errorf("after the pause, %d devices run the bundle", s.running(17))
		}
		if err := center.Resume(t.Context(), s.hub, "grp.kiosk"); err == nil || !strings.Contains(err.Error(), "nothing is being rolled out") {
			t.Errorf("resume without a rollout: %v", err)
		}
	})
}

func TestAbsentDevicesCountForNothingAndSkipWhatTheyMissed(t *testing.T) {
	inShop(t, 100, func(t *testing.T, s *shop) {
		s.settle(16)
		c := center.Controller{Hub: s.hub}
		ctx, stop := context.WithCancel(t.Context())
		go c.Run(ctx)
		for _, d := range s.devices.Each[:40] {
			d.Away = true
		}
		s.devices.Pass(s.Context(), 5*time.Minute)
		for _, version := range []int64{17, 18, 19} {
			s.publish(version, center.Plan{Waves: waves})
			s.devices.Pass(s.Context(), time.Hour)
			if n := s.running(version); n != 60 || s.wish().Next != nil {
				t.Fatalf("%d devices run version %d", n, version)
			}
		}
		stop()
		time.Sleep(5 * 7 * 24 * time.Hour)
		// they come back while a bundle is rolled out in a wave to which they do not belong
		s.publish(20, center.Plan{First: []string{"kiosk-0099"}, Waves: waves, Hold: time.Hour})
		for _, d := range s.devices.Each[:40] {
			d.Away = false
		}
		s.devices.Pass(s.Context(), 30*time.Minute)
		for _, d := range s.devices.Each[:40] {
			if !slices.Equal(d.Took, []int64{16, 19}) {
				t.Fatalf("%s has run %v", d.Name, d.Took)
			}
		}
	})
}

// A wave with a device that is online and does not go on waits.
func TestAWaveWaitsForItsDevices(t *testing.T) {
	inShop(t, 10, func(t *testing.T, s *shop) {
		s.settle(16)
		s.control(nil)
		s.devices.Each[3].Stays = message.Waiting
		s.publish(17, center.Plan{First: []string{"kiosk-0003", "kiosk-0004"}, Waves: waves})
		s.devices.Pass(s.Context(), 2*time.Hour)
		if n := s.running(17); n != 1 {
			t.Fatalf("%d devices run the bundle", n)
		}
		if text := s.status().Text(); !strings.Contains(text, "waits for its devices") || !strings.Contains(text, "1 waiting") {
			t.Errorf("the status is %s", text)
		}
		s.devices.Each[3].Stays = ""
		s.devices.Pass(s.Context(), 2*time.Hour)
		if n := s.running(17); n != 10 {
			t.Errorf("%d devices run the bundle", n)
		}
	})
}

func TestTheSecondOperatorIsToldWhoWasFirst(t *testing.T) {
	inShop(t, 10, func(t *testing.T, s *shop) {
		s.settle(16)
		s.publish(17, center.Plan{Waves: waves, By: "anna@office"})
		plan := center.Plan{To: "kiosk", Waves: waves, By: "ben@home"}
		_, err := center.Publish(t.Context(), s.hub, s.bundle(18, nil), plan)
		var busy *center.BusyError
		if !errors.As(err, &busy) || busy.Rollout.Bundle != "shop 17" || !strings.Contains(err.Error(), "by anna@office") {
			t.Fatalf("the error is %v", err)
		}
		plan.Replace = true
		if _, err := center.Publish(t.Context(), s.hub, s.bundle(18, nil), plan); err != nil {
			t.Fatal(err)
		}
		if e := s.status().Ended["kiosk"]; e.Result != center.Replaced || e.Bundle != "shop 17" || e.By != "ben@home" {
			t.Errorf("the first rollout ended with %+v", e)
		}
	})
}

// Both operators have read the wish before one of them writes it.
func TestTheSecondOfTwoWritersIsToldWhoWasFirst(t *testing.T) {
	inShop(t, 10, func(t *testing.T, s *shop) {
		s.settle(16)
		slow := &slowHub{Hub: s.hub, before: func() { s.publish(17, center.Plan{Waves: waves, By: "anna@office"}) }}
		_, err := center.Publish(t.Context(), slow, s.bundle(18, nil), center.Plan{To: "kiosk", Waves: waves})
		var busy *center.BusyError
		if !errors.As(err, &busy) || busy.Rollout.By != "anna@office" {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestAControllerTellsOnceThatTheHubFails(t *testing.T) {
	inShop(t, 10, func(t *testing.T, s *shop) {
		s.settle(16)
		told := make(chan string, 100)
		s.control(func(key, text string) { told <- key + text })
		s.publish(17, center.Plan{Waves: waves})
		s.hub.Fail(errors.New("no connection"))
		time.Sleep(10 * time.Minute)
		s.hub.Fail(nil)
		s.devices.Pass(s.Context(), time.Hour)
		if text := <-told; text != "the rollouts wait: no connection" || s.running(17) != 10 {
			t.Errorf("told %q, %d devices run the bundle", text, s.running(17))
		}
		for len(told) > 0 {
			if text := <-told; strings.Contains(text, "no connection") {
				t.Errorf("told again: %q", text)
			}
		}
	})
}

// The bundle for a device comes before that of its group.
func TestADeviceWithABundleOfItsOwnIsNoMemberOfTheRollout(t *testing.T) {
	inShop(t, 10, func(t *testing.T, s *shop) {
		s.settle(16)
		s.control(nil)
		s.publish(15, center.Plan{To: "kiosk-0004", AtOnce: true})
		s.devices.Pass(s.Context(), 15*time.Minute)
		s.publish(17, center.Plan{AtOnce: true})
		s.devices.Pass(s.Context(), 15*time.Minute)
		if e := s.status().Ended["kiosk"]; e.Good != 9 || s.running(17) != 9 || s.devices.Each[4].Runs() != 15 {
			t.Errorf("%d devices run it, ended with %+v", s.running(17), e)
		}
	})
}

// A rollout without notes, as other programs may write it, is left alone.
func TestARolloutWithoutNotesIsLeftAlone(t *testing.T) {
	inShop(t, 10, func(t *testing.T, s *shop) {
		s.settle(16)
		b := s.bundle(17, nil)
		_, revision, _ := s.hub.Wish(t.Context(), "grp.kiosk")
		w := s.wish()
		w.Next, w.Share, w.Rollout = &message.Signed{Text: b.ManifestBytes, Signatures: w.Stable.Signatures}, message.Shares, nil
		if err := s.hub.SetWish(t.Context(), "grp.kiosk", w, revision); err != nil {
			t.Fatal(err)
		}
		s.control(nil)
		s.devices.Pass(s.Context(), time.Hour)
		if w := s.wish(); w.Next == nil || !strings.Contains(s.status().Text(), "publish the bundle again with --replace") {
			t.Errorf("the status is %s", s.status().Text())
		}
		if _, _, err := center.Stop(t.Context(), s.hub, "grp.kiosk", "anna"); err != nil || s.wish().Next != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

// A slowHub lets something happen before a wish is written.
type slowHub struct {
	center.Hub
	before func()
}

func (h *slowHub) PutFile(ctx context.Context, sum string, content []byte) error {
	if h.before != nil {
		h.before()
		h.before = nil
	}
	return h.Hub.PutFile(ctx, sum, content)
}
