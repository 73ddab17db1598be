package bundle

import (
	"bytes"
	"testing"
	"time"
)

func TestAcceptableSaysWhyNot(t *testing.T) {
	t.Parallel()
	kiosk := Device{Fleet: "shop", Channel: "beta", Name: "lab-2", Groups: []string{"kiosk", "north"}, Moonlark: "v1.5.0"}
	for _, row := range []struct {
		name   string
		change func(m *Manifest, d *Device, s *Seen)
		want   Reason
	}{
		{"a new bundle", func(*Manifest, *Device, *Seen) {}, ""},
		{"a device that knows nothing of itself", func(_ *Manifest, d *Device, _ *Seen) { *d = Device{} }, NotForDevice},
		{"a bundle for all", func(m *Manifest, d *Device, _ *Seen) { m.Fleet, m.Channel, m.For, *d = "", "", nil, Device{} }, ""},
		{"another fleet", func(m *Manifest, _ *Device, _ *Seen) { m.Fleet = "lab" }, NotForDevice},
		{"another channel", func(m *Manifest, _ *Device, _ *Seen) { m.Channel = "alpha" }, NotForDevice},
		{"other devices", func(m *Manifest, _ *Device, _ *Seen) { m.For = []string{"south", "lab-1"} }, NotForDevice},
		{"one of its groups", func(m *Manifest, _ *Device, _ *Seen) { m.For = []string{"south", "north"} }, ""},
		{"its name", func(m *Manifest, _ *Device, _ *Seen) { m.For = []string{"lab-2"} }, ""},
		{"below the floor", func(_ *Manifest, _ *Device, s *Seen) { s.Floor = 18 }, BelowFloor},
		{"at the floor", func(_ *Manifest, _ *Device, s *Seen) { s.Floor = 17 }, ""},
		{"lower than a version that was seen", func(_ *Manifest, _ *Device, s *Seen) { s.Versions[18] = "other" }, ""},
		{"other bytes with its version", func(_ *Manifest, _ *Device, s *Seen) { s.Versions[17] = "other" }, SameVersion},
		{"seen before", func(_ *Manifest, _ *Device, s *Seen) { s.Versions[17] = "digest" }, ""},
		{"an old Moonlark", func(m *Manifest, _ *Device, _ *Seen) { m.Moonlark = "1.6" }, NeedsNewer},
		{"an expired bundle", func(m *Manifest, _ *Device, _ *Seen) { m.Expires = created }, Expired},
		{"a bundle that expires later", func(m *Manifest, _ *Device, _ *Seen) { m.Expires = created.Add(time.Second) }, ""},
	} {
		m := manifestOf(small)
		m.Channel, m.For, m.Moonlark = "beta", []string{"kiosk"}, "1.4"
		device, seen := kiosk, Seen{Floor: 12, Versions: map[int64]string{16: "sixteen"}}
		row.change(m, &device, &seen)
		err := Acceptable(&Bundle{Manifest: m, Digest: "digest"}, device, seen, created)
		if row.want == "" && err != nil || row.want != "" && !isReason(err, row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}

func TestVersionsOfMoonlarkAreCompared(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		running, least string
		want           bool
	}{
		{"v1.4.0", "1.4", false}, {"v1.4.0", "1.4.0", false}, {"v1.4.0", "1.4.1", true}, {"v1.4.9", "1.10", true}, {"v1.10.0", "1.9", false}, {"v2.0.0", "1.9.9", false},
		{"v1.4.0-rc.1", "1.4", true}, {"v1.4.1-rc.1", "1.4", false}, {"v1.4.1-0.20261130120000-abcdefabcdef+dirty", "1.4.0", false}, {"v1.4.0+dirty", "1.4", false},
		{"(devel)", "9.0", false}, {"v0.0.0-20261130120000-abcdefabcdef", "9.0", false}, {"", "9.0", false},
	} {
		if got := isOlder(row.running, row.least); got != row.want {
			t.Errorf("isOlder(%q, %q) = %v", row.running, row.least, got)
		}
	}
}

// Two bundles differ in their digest, also when only a file differs.
func TestTheDigestIdentifiesTheContent(t *testing.T) {
	t.Parallel()
	digest := func(content map[string]string, signers ...string) string {
		b, err := Read(bytes.NewReader(makeBundle(t, manifestOf(content), content, signers...)))
		if err != nil {
			t.Fatal(err)
		}
		return b.Digest
	}
	one := digest(small, "anna")
	if digest(map[string]string{"main.lua": "print('hallo')\n", "sounds/gong.wav": "RIFF"}, "anna") == one {
		t.Error("another file gives the same digest")
	}
	if digest(small, "bert") != one {
		t.Error("another signature gives another digest")
	}
}
