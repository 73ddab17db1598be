package message

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// signed returns a Signed with this text.
func signed(text string) *Signed { return &Signed{Text: []byte(text)} }

func TestALargerShareHasTheSameDevicesAndMore(t *testing.T) {
	w := Wish{Stable: signed("16"), Next: signed("17"), Salt: "salt"}
	before := 0
	for _, w.Share = range []int{0, 500, 2500, Shares} {
		count := 0
		for i := range 2000 {
			name := fmt.Sprintf("kiosk-%d", i)
			larger := w
			larger.Share = min(Shares, w.Share+700)
			if w.Takes(name) {
				count++
				if !larger.Takes(name) {
					t.Fatalf("%s takes the bundle at %d, but not at %d", name, w.Share, larger.Share)
				}
			}
		}
		if expected := 2000 * w.Share / Shares; count < expected*8/10 || count > expected*12/10 || count < before {
			t.Errorf("%d of 2000 devices take the bundle at %d of %d", count, w.Share, Shares)
		}
		before = count
	}
}

func TestADeviceThatCannotRunNextHasStable(t *testing.T) {
	w := Wish{Stable: signed("16"), Next: signed("17"), First: []string{"lab"}}
	texts := func(name string) (all []string) {
		for _, s := range w.Choices(name) {
			all = append(all, string(s.Text))
		}
		return all
	}
	if got := texts("lab"); !slices.Equal(got, []string{"17", "16"}) {
		t.Errorf("the first device may run %v", got)
	}
	if got := texts("kiosk"); !slices.Equal(got, []string{"16"}) {
		t.Errorf("another device may run %v", got)
	}
	w.Next = signed("16")
	if got := texts("lab"); !slices.Equal(got, []string{"16"}) {
		t.Errorf("with the same bundle twice, a device may run %v", got)
	}
	if got := (Wish{}).Choices("lab"); got != nil {
		t.Errorf("a wish without a bundle lets a device run %v", got)
	}
}

func TestAWindowCanIncludeMidnight(t *testing.T) {
	for _, c := range []struct {
		from, to, now string
		want          bool
	}{
		{"02:00", "04:30", "02:00", true},
		{"02:00", "04:30", "04:30", false},
		{"02:00", "04:30", "13:00", false},
		{"22:00", "05:00", "23:59", true},
		{"22:00", "05:00", "00:00", true},
		{"22:00", "05:00", "05:00", false},
		{"22:00", "05:00", "12:00", false},
	} {
		now, err := time.Parse("15:04", c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Window{c.from, c.to}).Contains(now); got != c.want {
			t.Errorf("%s to %s contains %s: got %v, want %v", c.from, c.to, c.now, got, c.want)
		}
	}
}

func TestAWishIsReadAsItWasWritten(t *testing.T) {
	w := Wish{
		Stable: signed("16"), Next: &Signed{Text: []byte("17"), Signatures: []byte("by me")}, First: []string{"lab"}, Share: 500, Salt: "s",
		Window: &Window{"02:00", "04:00"}, Once: []Once{{ID: "1", Verb: "say", Body: json.RawMessage(`{"text":"hi"}`), Expires: time.Unix(1e9, 0).UTC()}},
	}
	text, err := w.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseWish(text)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := again.Encode(); err != nil || !bytes.Equal(text, second) {
		t.Errorf("got %s, %v, want %s", second, err, text)
	}
	if _, err := ParseWish([]byte(`{"from_the_future": 1}`)); err != nil {
		t.Errorf("a field of a newer centre is refused: %v", err)
	}
}

// A device does what it knows of a wish of a newer centre.
func TestACommandWithAnUnknownVerbIsIgnored(t *testing.T) {
	w, err := ParseWish([]byte(`{"share": 1, "once": [{"id": "1", "verb": "fly"}, {"id": "2", "verb": "say"}]}`))
	if err != nil || w.Share != 1 || len(w.Once) != 1 || w.Once[0].ID != "2" {
		t.Errorf("got %+v, %v", w, err)
	}
	if _, err := (Wish{Once: []Once{{ID: "1", Verb: "fly"}}}).Encode(); err == nil || !strings.Contains(err.Error(), "no command is called") {
		t.Errorf("Encode returns %v", err)
	}
}

func TestABadWishIsRefused(t *testing.T) {
	long := strings.Repeat("x", MaxWish)
	for text, want := range map[string]string{
		`[]`:                                   "wish: json",
		`{"share": 10001}`:                     "share 10001",
		`{"share": -1}`:                        "share -1",
		`{"first": ["*"]}`:                     "first:",
		`{"window": {"from": "2am"}}`:          `"2am" is not a time`,
		`{"once": [{"id": "", "verb":"say"}]}`: "an ID is empty",
		`{"window": {"from": "02:00", "to": "02:00"}}`: "it is empty",
		`{"salt": "` + long + `"}`:                     "more than",
		`{"next": {"text": "MTc="}}`:                   "no device takes it",
	} {
		if _, err := ParseWish([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want an error with %q", text, err, want)
		}
	}
}
