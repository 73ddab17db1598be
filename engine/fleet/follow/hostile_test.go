package follow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
)

// Whatever a hub that an attacker has taken over does, the device runs its good bundle, and reports what
// is wrong.
func TestAHostileHubChangesNothing(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 20_000) // 3 chunks
	big := shop(18, "v18", nil)
	big.Files["a.wav"] = large
	publish := func(b fleettest.Bundle) func(*fixture) { return func(f *fixture) { f.publish(b) } }
	damage := func(change func(n int, content []byte) ([]byte, error)) func(*fixture) {
		return func(f *fixture) {
			f.hub.damage = func(sha256 string, n int, content []byte) ([]byte, error) {
				if sha256 != sumOf(large) {
					return content, nil
				}
				return change(n, content)
			}
			f.publish(big)
		}
	}
	signedBy := func(b fleettest.Bundle, keys ...string) fleettest.Bundle {
		b.Keys = keys
		return b
	}
	for name, row := range map[string]struct {
		attack func(*fixture)
		log    string // the device logs this
		wanted string // what the last state says
	}{
		"a bundle of another fleet": {
			attack: publish(shop(18, "v18", func(m *bundle.Manifest) { m.Fleet = "lab" })),
			log:    "bundle lab 18: for the fleet lab, and this device is in the fleet shop", wanted: "lab 18 refused: for the fleet lab, and this device is in the fleet shop",
		},
		"a bundle for others": {
			attack: publish(shop(18, "v18", func(m *bundle.Manifest) { m.For = []string{"kiosk-2"} })),
			log:    "bundle shop 18: for kiosk-2 only", wanted: "shop 18 refused: for kiosk-2 only",
		},
		"a wrong signature": {attack: publish(signedBy(shop(18, "v18", nil), "attacker")), log: "bundle shop 18: ", wanted: "shop 18 refused: "},
		"no signature": {
			attack: func(f *fixture) {
				signed := f.hub.upload(shop(18, "v18", nil))
				signed.Signatures = nil
				f.hub.wish(message.All, message.Wish{Stable: signed})
			},
			log: "bundle shop 18: not signed", wanted: "shop 18 refused: not signed",
		},
		"a changed manifest": {
			attack: func(f *fixture) {
				signed := f.hub.upload(shop(18, "v18", nil))
				signed.Text = bytes.Replace(signed.Text, []byte(`"version":18`), []byte(`"version":19`), 1)
				f.hub.wish(message.All, message.Wish{Stable: signed})
			},
			log: "bundle shop 19: ", wanted: "shop 19 refused: ",
		},
		"an old version again": {
			attack: publish(shop(15, "v15", nil)),
			log:    "bundle shop 15: version 15 is below 16", wanted: "shop 15 refused: version 15 is below 16",
		},
		"the same version twice": {
			attack: publish(shop(17, "other", nil)),
			log:    "bundle shop 17: this device has seen another bundle of version 17", wanted: "shop 17 refused: this device has seen another bundle",
		},
		"no manifest": {
			attack: func(f *fixture) {
				f.hub.wish(message.All, message.Wish{Stable: &message.Signed{Text: []byte("{}")}})
			},
			log: "a bundle of the wishes: manifest: ", wanted: " refused: manifest: ",
		},
		"no JSON": {
			attack: func(f *fixture) { f.hub.put(message.All, []byte("{\x1b]0;")) },
			log:    "the wish all: wish: invalid character", wanted: "shop 17 good",
		},
		"an endless wish": {
			attack: func(f *fixture) { f.hub.put(message.All, bytes.Repeat([]byte(" "), message.MaxWish+1)) },
			log:    "the wish all: wish: 524289 bytes are more than the 524288 allowed", wanted: "shop 17 good",
		},
		"a more exact wish without JSON": {
			attack: func(f *fixture) {
				f.hub.put(message.Group("kiosks"), []byte("{"))
				f.publish(shop(18, "v18", nil))
			},
			log: "the wish grp.kiosks: wish: unexpected end of JSON input", wanted: "shop 17 good",
		},
		"missing files": {
			attack: func(f *fixture) { f.publish(big); f.hub.set(func() { clear(f.hub.files) }) },
			log:    "bundle shop 18: a.wav: chunk 0: there is none", wanted: "shop 18 fetching: a.wav: chunk 0: there is none",
		},
		"truncated chunks": {
			attack: damage(func(_ int, content []byte) ([]byte, error) { return content[:len(content)-1], nil }),
			log:    "bundle shop 18: a.wav: chunk 0 has 131071 bytes instead of 131072", wanted: "shop 18 fetching: a.wav: chunk 0 has 131071",
		},
		"wrong bytes": {
			attack: damage(func(n int, content []byte) ([]byte, error) { content[0] ^= 1; return content, nil }),
			log:    "bundle shop 18: a.wav: the content is not what the manifest lists", wanted: "shop 18 fetching: a.wav: the content is not",
		},
		"endless chunks": {
			attack: damage(func(int, []byte) ([]byte, error) { return make([]byte, 8<<20), nil }),
			log:    "bundle shop 18: a.wav: chunk 0 has 8388608 bytes instead of 131072", wanted: "shop 18 fetching: a.wav: chunk 0 has 8388608",
		},
		"a file that never ends": { // the last chunk is as long as the others
			attack: damage(func(int, []byte) ([]byte, error) { return make([]byte, message.ChunkSize), nil }),
			log:    "bundle shop 18: a.wav: chunk 2 has 131072 bytes instead of 57856", wanted: "shop 18 fetching: a.wav: chunk 2 has 131072",
		},
		"a hub with its own errors": {
			attack: damage(func(int, []byte) ([]byte, error) { return nil, errors.New("out of\norder") }),
			log:    "bundle shop 18: a.wav: chunk 0: out of order", wanted: "shop 18 fetching: a.wav: chunk 0: out of order",
		},
		"keys by an attacker": {
			attack: func(f *fixture) {
				f.putKeys(2, "attacker", "attacker")
				f.publish(signedBy(shop(18, "v18", nil), "attacker"))
			},
			log: "the keys of the fleet: keys 2: by the keys 1: ", wanted: "shop 18 refused: ",
		},
		"keys that their owner has not signed": {
			attack: func(f *fixture) {
				f.putKeys(2, "attacker", "shop")
				f.publish(signedBy(shop(18, "v18", nil), "attacker"))
			},
			log: "the keys of the fleet: keys 2: by its own keys: ", wanted: "shop 18 refused: ",
		},
		"keys with a gap": {
			attack: func(f *fixture) {
				text, _ := fleettest.KeySet("shop", 3, "attacker").Encode()
				f.hub.put(message.KeySet(2), encode(message.Signed{Text: text, Signatures: fleettest.Sign(text, "shop", "attacker")}))
				f.publish(signedBy(shop(18, "v18", nil), "attacker"))
			},
			log: "the keys of the fleet: keys: number 3 of fleet \"shop\" does not follow number 1", wanted: "shop 18 refused: ",
		},
		"keys that are no keys": {
			attack: func(f *fixture) { f.hub.put(message.KeySet(2), []byte("[]")) },
			log:    "the keys of the fleet: json: cannot unmarshal", wanted: "shop 17 good",
		},
	} {
		t.Run(name, func(t *testing.T) {
			withDevice(t, func(t *testing.T, f *fixture) {
				f.makeGood()
				f.publish(shop(17, "v17", func(m *bundle.Manifest) { m.Floor = 16 }))
				time.Sleep(trialTime)
				f.want("v17")
				f.hub.states()
				f.hub.chunks()
				row.attack(f)
				time.Sleep(40 * time.Minute) // the wishes are read twice again
				checkLog(t, f, "fleet: "+row.log)
				f.want("v17")
				f.wantStarts(row.wanted)
				if keys, err := f.device.Store().Keys(); err != nil || keys.Number != 1 {
					t.Errorf("the keys are %+v, %v", keys, err)
				}
				n := f.hub.chunks()
				if n > 200 || n > 0 && !strings.Contains(row.wanted, " fetching") {
					t.Errorf("the device has asked for %d chunks", n)
				}
				// an honest hub is followed again
				f.hub.set(func() {
					f.hub.damage = nil
					delete(f.hub.values, message.Group("kiosks"))
					delete(f.hub.values, message.KeySet(2))
				})
				f.publish(shop(20, "v20", nil))
				time.Sleep(trialTime)
				f.takeLogged()
				f.want("v20")
				f.wantLast("shop 20 good")
			})
		})
	}
}

// checkLog fails the test unless the device has logged a line that begins with text, and has reported it
// to the hub, and few other lines.
func checkLog(t *testing.T, f *fixture, text string) {
	t.Helper()
	logged := f.takeLogged()
	found := 0
	for _, l := range logged {
		if strings.HasPrefix(l, text) {
			found++
		}
	}
	if found != 1 || len(logged) > 3 {
		t.Errorf("the log is %q", logged)
	}
	if events := f.hub.events(message.LogKind); !strings.Contains(strings.Join(events, "\n"), "log: "+text) {
		t.Errorf("the hub has got %q", events)
	}
}

// wantStarts is wantLast for the beginning of what the state says.
func (f *fixture) wantStarts(wanted string) {
	f.t.Helper()
	states := f.hub.states()
	got := "nothing"
	if len(states) > 0 {
		if w := states[len(states)-1].Wanted; w != nil {
			got = strings.TrimSuffix(fmt.Sprintf("%s %s: %s", w.Name, w.Phase, w.Why), ": ")
		}
	}
	if !strings.HasPrefix(got, wanted) {
		f.t.Errorf("the last state says %q, want %q", got, wanted)
	}
}

// A hub of another fleet is not believed, even if the credentials fit.
func TestTheKeysOfAnotherFleetAreReported(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.stop()
		f.store += "2"
		f.start() // the store trusts no keys
		f.publish(shop(16, "v16", nil))
		time.Sleep(time.Hour)
		f.want("factory", "fleet: the keys of the fleet: this device trusts none yet: it has not joined a fleet",
			"fleet: the store: open STORE/keys.json: no such file or directory")
		var s message.State
		if states := f.hub.take(message.StateKind); len(states) == 0 {
			t.Error("no state is reported")
		} else if err := json.Unmarshal(states[len(states)-1], &s); err != nil || s.Running.Phase != "factory" {
			t.Errorf("the state is %+v, %v", s, err)
		}
	})
}
