package faults

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlark/engine/fleet"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/testkit"
)

// TestAKilledProcessComesBackWithAGoodBundle installs bundle after bundle, and kills the process at a
// random moment of each update. The next process runs what the store says, which is a good bundle, or one
// on trial.
func TestAKilledProcessComesBackWithAGoodBundle(t *testing.T) {
	skipShort(t)
	t.Parallel()
	kills := 20
	if *testkit.Long {
		kills = 200
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	folder := t.TempDir()
	store := filepath.Join(folder, "store")
	public, _ := fleettest.Key("shop")
	install := func(version int) {
		path := fleettest.Bundle{
			Version: int64(version), Files: map[string]string{"kiosk.lua": fmt.Sprintf(`print("runs %d") register_tool("v", print)`, version)},
			Change: func(m *bundle.Manifest) { m.Trial = 1 },
		}.Write(folder)
		if _, err := fleet.Install(path, fleet.Installation{Store: store, Trust: []bundle.PublicKey{public}}); err != nil {
			t.Errorf("version %d: %v", version, err)
		}
	}
	start := func() *testkit.Child {
		return testkit.StartChild(t, testkit.ChildOptions{URL: "ws://127.0.0.1:1", Flags: []string{"--wait", "--fleet-store", store}})
	}
	install(1)
	c := start()
	c.WaitFor("bundle", "")
	untilGood(t, store, 1)
	runs, passed := regexp.MustCompile("runs ([0-9]+)"), 0
	for kill := range kills {
		version := kill + 2
		install(version)
		time.Sleep(time.Duration(r.IntN(3500)) * time.Millisecond)
		c.Kill()
		c.CheckNoCrash()
		before := readStore(t, store)
		c = start()
		c.WaitFor("print", runs.String())
		running, err := strconv.Atoi(runs.FindStringSubmatch(strings.Join(c.Texts("print"), "\n"))[1])
		if err != nil {
			t.Fatal(err)
		}
		if running != before.current && running != before.good && running != version {
			t.Errorf("kill %d: version %d runs; the store had version %d, and %d was good", kill, running, before.current, before.good)
		}
		if before.good == version {
			passed++
		}
	}
	t.Logf("%d of %d bundles had passed their trial before the kill", passed, kills)
	install(kills + 2)
	untilGood(t, store, kills+2)
	c.Terminate()
}

// A storeState is what a store says: versions of bundles.
type storeState struct{ current, good int }

// readStore reads the state of a store, and checks that the good bundle is complete.
func readStore(t *testing.T, store string) storeState {
	t.Helper()
	var s struct{ Current, Good string }
	text, err := os.ReadFile(filepath.Join(store, "state.json"))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	version := func(digest string) int {
		folder := filepath.Join(store, "bundles", digest)
		text, err := os.ReadFile(filepath.Join(folder, "manifest"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := bundle.ParseManifest(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.CheckFolder(filepath.Join(folder, "files")); err != nil {
			t.Errorf("bundle %d: %v", m.Version, err)
		}
		return int(m.Version)
	}
	return storeState{version(s.Current), version(s.Good)}
}

// untilGood waits until a version is the last good one.
func untilGood(t *testing.T, store string, version int) {
	t.Helper()
	good := regexp.MustCompile(`"good": "[0-9a-f]+"`)
	testkit.Until(t, fmt.Sprintf("version %d is good", version), func() bool {
		text, _ := os.ReadFile(filepath.Join(store, "state.json"))
		return good.Match(text) && readStore(t, store).good == version
	})
}
