package center_test

import (
	"strings"
	"testing"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/fleettest"
)

// keyID returns the ID of the key with this name, as it is in texts.
func keyID(name string) string {
	public, _ := fleettest.Key(name)
	return bundle.KeyID(public.ID())
}

func TestABundleThatOnlyOldKeysHaveSignedIsNotPublished(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		s.hub.SetKeys(fleettest.KeySet("shop", 1, "shop"))
		s.settle(16)
		s.hub.SetKeys(fleettest.KeySet("shop", 2, "new"))
		_, err := center.Publish(t.Context(), s.hub, s.bundle(17, nil), center.Plan{To: "kiosk", Waves: waves})
		for _, want := range []string{"all devices would refuse shop 17", "the keys 2", keyID("new"), "the signatures name " + keyID("shop")} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		if _, err := center.RollBackTo(t.Context(), s.hub, "grp.kiosk", s.bundle(15, nil), "anna"); err == nil {
			t.Error("devices go back to a bundle that they refuse")
		}
		if n := s.hub.Files(); s.wish().Next != nil || n != 1 {
			t.Errorf("the bundle is published: %d files are on the hub", n)
		}
	})
}

func TestAnOperatorIsWarnedWhenAnEarlierBundleHasOldSignatures(t *testing.T) {
	inShop(t, 3, func(t *testing.T, s *shop) {
		s.settle(16)
		s.settle(17)
		s.hub.SetKeys(fleettest.KeySet("shop", 2, "new"))
		back, err := center.RollBack(t.Context(), s.hub, "grp.kiosk", 16, "anna")
		if err != nil || len(back.Warnings) != 1 || !strings.Contains(back.Warnings[0], "the keys have changed since shop 16 was signed") {
			t.Errorf("got %+v, %v", back, err)
		}
		s.hub.SetKeys(fleettest.KeySet("shop", 1, "shop"))
		if back, err = center.RollBack(t.Context(), s.hub, "grp.kiosk", 17, "anna"); err != nil || len(back.Warnings) != 0 {
			t.Errorf("with the keys of the bundle: %+v, %v", back, err)
		}
	})
}
