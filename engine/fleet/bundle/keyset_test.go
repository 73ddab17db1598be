package bundle

import (
	"fmt"
	"strings"
	"testing"
)

// keySet returns the key set with this number, threshold and keys.
func keySet(t testing.TB, number int64, threshold int, names ...string) *KeySet {
	t.Helper()
	s := &KeySet{Format: KeysFormat, Fleet: "shop", Number: number, Threshold: threshold}
	for _, name := range names {
		key, _ := testKey(t, name)
		s.Keys = append(s.Keys, key.String())
	}
	return s
}

func encoded(t testing.TB, s *KeySet) []byte {
	t.Helper()
	text, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A device that was away while the keys changed five times goes through all sets, and trusts only the
// keys of the last one.
func TestADeviceThatWasAwayForFiveChangesFindsTheNewestKeys(t *testing.T) {
	t.Parallel()
	people := func(n int64) []string { return []string{fmt.Sprint("person ", n), fmt.Sprint("person ", n+1)} }
	current := keySet(t, 1, 2, people(1)...)
	for n := int64(2); n <= 6; n++ {
		text := encoded(t, keySet(t, n, 2, people(n)...))
		next, err := current.Next(text, signed(t, text, fmt.Sprint("person ", n-1), fmt.Sprint("person ", n), fmt.Sprint("person ", n+1)))
		if err != nil {
			t.Fatal(err)
		}
		current = next
	}
	keys, err := current.Trusted()
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Verify(message, signed(t, message, people(6)...)); err != nil {
		t.Errorf("the newest keys: %v", err)
	}
	if err := keys.Verify(message, signed(t, message, people(1)...)); !isReason(err, BadSignature) {
		t.Errorf("the first keys: %v", err)
	}
}

func TestAKeySetThatCannotFollowIsRefused(t *testing.T) {
	t.Parallel()
	first := keySet(t, 1, 2, "anna", "bert")
	other := keySet(t, 2, 1, "carl")
	other.Fleet = "lab"
	for _, row := range []struct {
		name    string
		next    *KeySet
		signers []string
		want    string
	}{
		{"signed by both", keySet(t, 2, 1, "carl"), []string{"anna", "bert", "carl"}, ""},
		{"a key stays", keySet(t, 2, 2, "anna", "carl"), []string{"anna", "bert", "carl"}, ""},
		{"only by the old keys", keySet(t, 2, 1, "carl"), []string{"anna", "bert"}, "by its own keys"},
		{"only by the new keys", keySet(t, 2, 1, "carl"), []string{"carl"}, "by the keys 1"},
		{"too few of the old keys", keySet(t, 2, 1, "carl"), []string{"anna", "carl"}, "by the keys 1"},
		{"too few of the new keys", keySet(t, 2, 2, "anna", "carl"), []string{"anna", "bert"}, "by its own keys"},
		{"a number is left out", keySet(t, 3, 1, "carl"), []string{"anna", "bert", "carl"}, "does not follow"},
		{"the same number", keySet(t, 1, 1, "carl"), []string{"anna", "bert", "carl"}, "does not follow"},
		{"another fleet", other, []string{"anna", "bert", "carl"}, "does not follow"},
	} {
		text := encoded(t, row.next)
		next, err := first.Next(text, signed(t, text, row.signers...))
		if row.want == "" {
			if err != nil || next.Number != 2 {
				t.Errorf("%s: %v", row.name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}

// A signed manifest is no key set, and a signed key set is no manifest.
func TestTextsOfOneKindAreNotTakenForAnother(t *testing.T) {
	t.Parallel()
	manifest, err := manifestOf(small).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keySet(t, 1, 1, "anna").Next(manifest, signed(t, manifest, "anna")); err == nil {
		t.Error("a manifest was taken for a key set")
	}
	set := encoded(t, keySet(t, 2, 1, "anna"))
	if _, err := ParseManifest(set); err == nil {
		t.Error("a key set was taken for a manifest")
	}
}

func TestKeySetsThatBreakARuleAreRefused(t *testing.T) {
	t.Parallel()
	text := string(encoded(t, keySet(t, 1, 2, "anna", "bert")))
	anna, _ := testKey(t, "anna")
	bert, _ := testKey(t, "bert")
	for _, row := range []struct{ name, old, new string }{
		{"another format", "keys 1", "keys 2"},
		{"number 0", `"number":1`, `"number":0`},
		{"a threshold above the keys", `"threshold":2`, `"threshold":3`},
		{"a threshold of 0", `"threshold":2`, `"threshold":0`},
		{"a fleet that is no name", `"shop"`, `"Shop!"`},
		{"a key twice", bert.String(), anna.String()},
		{"no key", anna.String(), "hello"},
		{"a key with a line end", anna.String(), anna.String() + `\n`},
		{"an unknown field", `"number":1`, `"number":1,"root":true`},
	} {
		changed := strings.Replace(text, row.old, row.new, 1)
		if changed == text {
			t.Errorf("%s: nothing was changed", row.name)
		}
		if _, err := ParseKeySet([]byte(changed)); err == nil {
			t.Errorf("%s was accepted", row.name)
		}
	}
	if s, err := ParseKeySet([]byte(text)); err != nil || s.Number != 1 {
		t.Errorf("the set itself: %v", err)
	}
}
