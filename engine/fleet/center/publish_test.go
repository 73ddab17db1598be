package center_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/center/centertest"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
)

func TestABundleThatDevicesWouldRefuseIsNotPublished(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		s.settle(16)
		ok := center.Plan{To: "kiosk", Waves: waves}
		for _, row := range []struct {
			name    string
			version int64
			change  func(*bundle.Manifest)
			plan    center.Plan
			want    string
		}{
			{"another fleet", 17, func(m *bundle.Manifest) { m.Fleet = "lab" }, ok, "for the fleet lab, and this is the fleet shop"},
			{"a lower version", 15, nil, ok, "version 15 is lower than that of shop 16"},
			{"the same version", 16, func(m *bundle.Manifest) { m.Notes = "other" }, ok, "another bundle of version 16"},
			{"the same bundle", 16, nil, ok, "kiosk runs shop 16 already"},
			{"for others", 17, func(m *bundle.Manifest) { m.For = []string{"lab"} }, ok, "all devices of kiosk would refuse the bundle: for lab only"},
			{"needs a newer program", 17, func(m *bundle.Manifest) { m.Moonlark = "1.5" }, ok, "needs Moonlark 1.5 or newer"},
			{"no waves", 17, nil, center.Plan{To: "kiosk"}, "it is not confirmed"},
			{"waves and all at once", 17, nil, center.Plan{To: "kiosk", Waves: waves, AtOnce: true}, "exclude"},
			{"waves that end too early", 17, nil, center.Plan{To: "kiosk", Waves: []int{500}}, "the last one must be 100%"},
			{"waves that shrink", 17, nil, center.Plan{To: "kiosk", Waves: []int{500, 400, 10_000}}, "larger than the one before"},
			{"a hold without an end", 17, nil, center.Plan{To: "kiosk", Waves: waves, Hold: 1000 * time.Hour}, "30 days"},
			{"an unknown target", 17, nil, center.Plan{To: "lobby", Waves: waves}, "no device or group called lobby"},
			{"a target that is no name", 17, nil, center.Plan{To: "group:*", Waves: waves}, "target:"},
			{"a kind of target that does not exist", 17, nil, center.Plan{To: "room:a", Waves: waves}, "write all, group:NAME or device:NAME"},
			{"unknown first devices", 17, nil, center.Plan{To: "kiosk", Waves: waves, First: []string{"lab-1"}}, `no device or group of kiosk is called "lab-1"`},
		} {
			_, err := center.Publish(t.Context(), s.hub, s.bundle(row.version, row.change), row.plan)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s: got %v, want %s", row.name, err, row.want)
			}
		}
		b := s.bundle(17, nil)
		b.Signatures = nil
		if _, err := center.Publish(t.Context(), s.hub, b, ok); err == nil || !strings.Contains(err.Error(), "not signed") {
			t.Errorf("without a signature: %v", err)
		}
		other, _ := fleettest.Key("other")
		keys, err := bundle.NewKeys(1, other)
		if err != nil {
			t.Fatal(err)
		}
		ok.Keys = &keys
		if _, err := center.Publish(t.Context(), s.hub, s.bundle(17, nil), ok); err == nil || s.wish().Next != nil {
			t.Error("a bundle that no trusted key has signed was published")
		}
		if n := s.hub.Files(); n != 1 {
			t.Errorf("%d files are on the hub", n)
		}
	})
}

func TestADryRunListsTheDevicesOfEachWave(t *testing.T) {
	inShop(t, 200, func(t *testing.T, s *shop) {
		s.devices.Each[5].Groups = []string{"kiosk", "lab"}
		s.settle(16)
		plan := center.Plan{To: "kiosk", First: []string{"lab", "kiosk-0009"}, Waves: waves, DryRun: true}
		b := s.bundle(17, nil)
		dry, err := center.Publish(t.Context(), s.hub, b, plan)
		if err != nil || s.wish().Next != nil || dry.From != "shop 16" || dry.Key != "grp.kiosk" {
			t.Fatalf("%+v, %v", dry, err)
		}
		if len(dry.Waves) != 4 || !slices.Equal(dry.Waves[0].Devices, []string{"kiosk-0005", "kiosk-0009"}) {
			t.Fatalf("the waves are %+v", dry.Waves)
		}
		all := map[string]bool{}
		for _, wave := range dry.Waves {
			for _, device := range wave.Devices {
				all[device] = true
			}
		}
		if len(all) != 200 {
			t.Errorf("%d devices are in the waves", len(all))
		}
		plan.DryRun, plan.First = false, nil
		done, err := center.Publish(t.Context(), s.hub, b, plan)
		if err != nil {
			t.Fatal(err)
		}
		s.devices.Pass(s.Context(), 15*time.Minute)
		for i, device := range done.Waves[0].Devices {
			if d := s.devices.Each[slices.IndexFunc(s.devices.Each, func(d *centertest.Device) bool { return d.Name == device })]; d.Runs() != 17 {
				t.Errorf("device %d of the first wave, %s, runs %d", i, device, d.Runs())
			}
		}
		if n := s.running(17); n != len(done.Waves[0].Devices) {
			t.Errorf("%d devices run the bundle, and the first wave has %d", n, len(done.Waves[0].Devices))
		}
	})
}

func TestTheFirstBundleOfAFleetCanBeForAllAtOnce(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		p := s.publish(1, center.Plan{To: "all", AtOnce: true, By: "anna"})
		if len(p.Waves) != 1 || len(p.Waves[0].Devices) != 3 || p.Key != "all" {
			t.Errorf("published %+v", p)
		}
		w, _, _ := s.hub.Wish(t.Context(), "all")
		if w.Stable == nil || w.Next != nil || w.Share != 0 {
			t.Errorf("the wish is %+v", w)
		}
		p = s.publish(2, center.Plan{To: "group:lobby", Waves: waves})
		if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "no device of lobby has been heard of") {
			t.Errorf("warnings %q", p.Warnings)
		}
	})
}

func TestRollBackGoesToAnEarlierBundle(t *testing.T) {
	inShop(t, 5, func(t *testing.T, s *shop) {
		if _, err := center.RollBack(t.Context(), s.hub, "grp.kiosk", 0, ""); err == nil || !strings.Contains(err.Error(), "no bundle has been published") {
			t.Errorf("without any bundle: %v", err)
		}
		s.settle(15)
		s.control(nil)
		for _, version := range []int64{16, 17} {
			s.publish(version, center.Plan{AtOnce: true})
			s.devices.Pass(s.Context(), 15*time.Minute)
		}
		back, err := center.RollBack(t.Context(), s.hub, "grp.kiosk", 0, "anna")
		if err != nil || back.Bundle != "shop 16" || back.From != "shop 17" || len(back.Warnings) > 0 {
			t.Fatalf("%+v, %v", back, err)
		}
		s.devices.Pass(s.Context(), 15*time.Minute)
		if n := s.running(16); n != 5 {
			t.Errorf("%d devices run version 16", n)
		}
		if e := s.status().Ended["kiosk"]; e.Result != center.RolledBack || e.By != "anna" || e.Bundle != "shop 16" {
			t.Errorf("ended with %+v", e)
		}
		// also during a rollout, which ends
		s.publish(18, center.Plan{Waves: waves})
		if _, err := center.RollBack(t.Context(), s.hub, "grp.kiosk", 0, ""); err == nil || !strings.Contains(err.Error(), "stop ends that") {
			t.Errorf("during a rollout: %v", err)
		}
		if back, err = center.RollBack(t.Context(), s.hub, "grp.kiosk", 15, "ben"); err != nil || back.From != "shop 16" {
			t.Fatalf("%+v, %v", back, err)
		}
		s.devices.Pass(s.Context(), 15*time.Minute)
		if n := s.running(15); n != 5 || s.wish().Next != nil {
			t.Errorf("%d devices run version 15", n)
		}
		if _, err := center.RollBack(t.Context(), s.hub, "grp.kiosk", 15, ""); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("to the present bundle: %v", err)
		}
		if _, err := center.RollBack(t.Context(), s.hub, "grp.kiosk", 3, ""); err == nil || !strings.Contains(err.Error(), "no bundle of version 3") {
			t.Errorf("to an unknown version: %v", err)
		}
	})
}

// Commands for devices that are away are written into the wish too.
func TestRollBackFindsTheBundleBeforeManyCommands(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		s.settle(16)
		s.control(nil)
		s.publish(17, center.Plan{AtOnce: true})
		s.devices.Pass(s.Context(), 15*time.Minute)
		for i := range 80 {
			now, _ := s.hub.Now(t.Context())
			once := message.Once{ID: fmt.Sprint(i), Verb: "reload", Expires: now.Add(time.Minute)}
			if err := center.AddOnce(t.Context(), s.hub, "grp.kiosk", once); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := s.hub.History(t.Context(), "grp.kiosk"); err != nil || bytes.Equal(all[len(all)-1].Stable.Text, s.bundle(16, nil).ManifestBytes) {
			t.Fatalf("the history still has the bundle, or: %v", err)
		}
		back, err := center.RollBack(t.Context(), s.hub, "grp.kiosk", 0, "anna")
		if err != nil || back.Bundle != "shop 16" {
			t.Fatalf("%+v, %v", back, err)
		}
		back, err = center.RollBack(t.Context(), s.hub, "grp.kiosk", 17, "anna")
		if err != nil || back.From != "shop 16" {
			t.Errorf("forward again: %+v, %v", back, err)
		}
	})
}

func TestRollBackToAFileWarnsOfFloors(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		b := s.bundle(17, func(m *bundle.Manifest) { m.Floor = 16 })
		if _, err := center.Publish(t.Context(), s.hub, b, center.Plan{To: "kiosk", AtOnce: true}); err != nil {
			t.Fatal(err)
		}
		back, err := center.RollBackTo(t.Context(), s.hub, "grp.kiosk", s.bundle(15, nil), "anna")
		if err != nil || len(back.Warnings) != 1 || !strings.Contains(back.Warnings[0], "that have seen shop 17 refuse versions below 16") {
			t.Fatalf("%+v, %v", back, err)
		}
		if n := s.hub.Files(); n != 2 {
			t.Errorf("%d files are on the hub", n)
		}
		other := s.bundle(14, func(m *bundle.Manifest) { m.Fleet = "lab" })
		if _, err := center.RollBackTo(t.Context(), s.hub, "grp.kiosk", other, ""); err == nil || !strings.Contains(err.Error(), "for the fleet lab") {
			t.Errorf("a bundle of another fleet: %v", err)
		}
	})
}

func TestStopEndsARollout(t *testing.T) {
	inShop(t, 20, func(t *testing.T, s *shop) {
		s.settle(16)
		if _, _, err := center.Stop(t.Context(), s.hub, "grp.kiosk", "anna"); err == nil || !strings.Contains(err.Error(), "nothing is being rolled out") {
			t.Errorf("without a rollout: %v", err)
		}
		s.publish(17, center.Plan{Waves: []int{5000, 10_000}})
		s.devices.Pass(s.Context(), 15*time.Minute)
		if n := s.running(17); n == 0 {
			t.Fatal("no device has taken the bundle")
		}
		stopped, stable, err := center.Stop(t.Context(), s.hub, "grp.kiosk", "anna")
		if err != nil || stopped != "shop 17" || stable != "shop 16" {
			t.Fatalf("%s, %s, %v", stopped, stable, err)
		}
		s.devices.Pass(s.Context(), 15*time.Minute)
		if e := s.status().Ended["kiosk"]; s.running(16) != 20 || e.Result != center.Stopped || e.By != "anna" || e.Good == 0 {
			t.Errorf("%d devices run version 16, ended with %+v", s.running(16), e)
		}
	})
}

func TestFollowReturnsWhatHasBecomeOfTheRollout(t *testing.T) {
	inShop(t, 40, func(t *testing.T, s *shop) {
		s.settle(16)
		if _, err := center.Follow(t.Context(), s.hub, "grp.kiosk", nil); err == nil || !strings.Contains(err.Error(), "nothing is being rolled out") {
			t.Errorf("without a rollout: %v", err)
		}
		s.publish(17, center.Plan{Waves: waves, Hold: 5 * time.Minute})
		var shown []string
		ended := make(chan center.Ended, 1)
		follow := func(ctx context.Context) {
			e, err := center.Follow(ctx, s.hub, "grp.kiosk", func(text string) { shown = append(shown, text) })
			if err == nil {
				ended <- e
			} else if ctx.Err() == nil {
				t.Error(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		go follow(ctx)
		s.devices.Pass(s.Context(), 5*time.Minute)
		cancel()
		synctest.Wait()
		if s.wish().Next == nil || len(shown) == 0 || len(shown) > 6 || !strings.HasPrefix(shown[0], "kiosk 16 → 17, wave 1 of 3: 5 %") {
			t.Fatalf("shown: %q", shown)
		}
		go follow(t.Context()) // as from another terminal
		s.devices.Pass(s.Context(), time.Hour)
		if e := <-ended; e.Result != center.Done || e.Bundle != "shop 17" || e.Text() != "shop 17 is the bundle of all devices\n" {
			t.Errorf("ended with %+v: %s", e, e.Text())
		}
	})
}

func TestANameOfADeviceAndAGroupIsAmbiguous(t *testing.T) {
	inShop(t, 2, func(t *testing.T, s *shop) {
		s.devices.Each[0].Groups = []string{"kiosk-0001"}
		s.devices.Step(t.Context())
		f, err := center.Look(t.Context(), s.hub)
		if err != nil {
			t.Fatal(err)
		}
		if key, err := f.Find("kiosk-0001"); err == nil || !strings.Contains(err.Error(), "write device:kiosk-0001 or group:kiosk-0001") {
			t.Errorf("got %s, %v", key, err)
		}
		for target, want := range map[string]string{
			"device:kiosk-0001": "dev.kiosk-0001", "group:kiosk-0001": "grp.kiosk-0001", "kiosk-0000": "dev.kiosk-0000", "all": "all", "group:lobby": "grp.lobby",
		} {
			if key, err := f.Find(target); key != want || err != nil {
				t.Errorf("%s: got %s, %v", target, key, err)
			}
		}
	})
}

func TestAVersionBelowTheFloorIsNotPublished(t *testing.T) {
	inShop(t, 4, func(t *testing.T, s *shop) {
		b := s.bundle(17, func(m *bundle.Manifest) { m.Floor = 16 })
		if _, err := center.Publish(t.Context(), s.hub, b, center.Plan{To: "kiosk", AtOnce: true}); err != nil {
			t.Fatal(err)
		}
		plan := center.Plan{To: "kiosk", Waves: waves, Older: true}
		if _, err := center.Publish(t.Context(), s.hub, s.bundle(15, nil), plan); err == nil || !strings.Contains(err.Error(), "below 16, the floor of shop 17") {
			t.Errorf("below the floor: %v", err)
		}
		if _, err := center.Publish(t.Context(), s.hub, s.bundle(16, nil), plan); err != nil {
			t.Errorf("an older version: %v", err)
		}
	})
}

// Some of the devices refuse the bundle: the operator is warned.
func TestPublishWarnsOfDevicesThatWouldRefuse(t *testing.T) {
	inShop(t, 4, func(t *testing.T, s *shop) {
		s.devices.Each[1].Groups = []string{"kiosk", "lab"}
		s.devices.Step(t.Context())
		b := s.bundle(17, func(m *bundle.Manifest) { m.For, m.Channel = []string{"lab"}, "beta" })
		p, err := center.Publish(t.Context(), s.hub, b, center.Plan{To: "kiosk", Waves: waves, DryRun: true})
		want := []string{"3 devices would refuse the bundle (kiosk-0000: for lab only)", "devices of other channels than beta refuse the bundle"}
		if err != nil || !slices.Equal(p.Warnings, want) {
			t.Errorf("got %q, %v", p.Warnings, err)
		}
	})
}

// Follow goes on when the hub fails for a while, and when somebody else removes the bundle.
func TestFollowSurvivesAFailureOfTheHub(t *testing.T) {
	inShop(t, 10, func(t *testing.T, s *shop) {
		s.settle(16)
		s.publish(17, center.Plan{Waves: waves})
		var shown []string
		ended := make(chan center.Ended, 1)
		go func() {
			e, err := center.Follow(t.Context(), s.hub, "grp.kiosk", func(text string) { shown = append(shown, text) })
			if err != nil {
				t.Error(err)
			}
			ended <- e
		}()
		time.Sleep(time.Minute)
		s.hub.Fail(errors.New("no connection"))
		time.Sleep(10 * time.Minute)
		s.hub.Fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(shown) != 3 || shown[1] != "the rollouts wait: no connection\n" || !strings.Contains(shown[2], "waits for a device that is online") {
			t.Errorf("shown: %q", shown)
		}
		_, revision, _ := s.hub.Wish(t.Context(), "grp.kiosk")
		w := s.wish()
		w.Next, w.Rollout = nil, nil
		if err := s.hub.SetWish(t.Context(), "grp.kiosk", w, revision); err != nil {
			t.Fatal(err)
		}
		if e := <-ended; e.Text() != "shop 17 was replaced\n" {
			t.Errorf("ended with %+v", e)
		}
	})
}
