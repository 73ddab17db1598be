package bundle

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Reason says why a device does not use a bundle. Reasons are short words for logs and programs.
type Reason string

// The reasons.
const (
	BadSignature Reason = "signature"      // too few trusted keys have signed the manifest
	Damaged      Reason = "damaged"        // the bundle cannot be read, or a file is not what the manifest says
	BelowFloor   Reason = "floor"          // the version is below a floor that the device has seen
	SameVersion  Reason = "same_version"   // the device has seen other bytes with this version
	NotForDevice Reason = "not_for_device" // the bundle is for another fleet or channel, or for other devices
	NeedsNewer   Reason = "moonlark"       // the bundle needs a newer version of Moonlark
	Expired      Reason = "expired"        // devices must not begin to use the bundle any more
)

// A Refusal is the error when a device must not use a bundle.
type Refusal struct {
	Reason Reason
	text   string
}

// Error returns the reason as a sentence for the person who installs the bundle.
func (r *Refusal) Error() string { return r.text }

func refuse(reason Reason, format string, args ...any) error {
	return &Refusal{reason, fmt.Sprintf(format, args...)}
}

// A Device is what a device knows of itself.
type Device struct {
	Fleet    string   // fleet that the device belongs to; may be empty
	Channel  string   // channel whose bundles the device takes; may be empty
	Name     string   // name of the device in its fleet; may be empty
	Groups   []string // groups of the fleet that contain the device
	Moonlark string   // version of the running Moonlark, as version.Version returns it
}

// Seen is what a device remembers of the bundles that it has accepted so far.
type Seen struct {
	Floor    int64            // highest floor of any of them
	Versions map[int64]string // their digests by version; it may lack the versions below Floor
}

// Acceptable returns a [*Refusal] if a device must not begin to use the bundle b at the time now. A
// restriction that the manifest states must be met by the device; a manifest without fleet, channel or
// for fits every device. A bundle that is in use stays in use when it expires. Acceptable does not
// check signatures and files: call [Bundle.Verify] before, and [Bundle.Unpack] after it.
func Acceptable(b *Bundle, d Device, seen Seen, now time.Time) error {
	m := b.Manifest
	if m.Fleet != "" && m.Fleet != d.Fleet {
		return refuse(NotForDevice, "for the fleet %s, and this device is %s", m.Fleet, in("the fleet", d.Fleet))
	}
	if m.Channel != "" && m.Channel != d.Channel {
		return refuse(NotForDevice, "for the channel %s, and this device is %s", m.Channel, in("the channel", d.Channel))
	}
	if len(m.For) > 0 && !slices.ContainsFunc(m.For, func(name string) bool {
		return name == d.Name || slices.Contains(d.Groups, name)
	}) {
		return refuse(NotForDevice, "for %s only", strings.Join(m.For, ", "))
	}
	if m.Version < seen.Floor {
		return refuse(BelowFloor, "version %d is below %d, the lowest version that this device may still use", m.Version, seen.Floor)
	}
	if digest, ok := seen.Versions[m.Version]; ok && digest != b.Digest {
		return refuse(SameVersion, "this device has seen another bundle of version %d: a version must not be made twice", m.Version)
	}
	if m.Moonlark != "" && isOlder(d.Moonlark, m.Moonlark) {
		return refuse(NeedsNewer, "needs Moonlark %s or newer, and this is %s", m.Moonlark, d.Moonlark)
	}
	if !m.Expires.IsZero() && !now.Before(m.Expires) {
		return refuse(Expired, "expired on %s", m.Expires.Format(time.RFC3339))
	}
	return nil
}

// in returns "in the fleet shop", or "in none" if the name is empty.
func in(what, name string) string {
	if name == "" {
		return "in none"
	}
	return "in " + what + " " + name
}

var versionForm = regexp.MustCompile(`^v?([0-9]{1,9})\.([0-9]{1,9})(?:\.([0-9]{1,9}))?$`)

// parseVersion returns the numbers of a version such as "1.4" or "1.4.2".
func parseVersion(s string) (numbers [3]int, err error) {
	parts := versionForm.FindStringSubmatch(s)
	if parts == nil {
		return numbers, fmt.Errorf("%.80q is not a version such as 1.4 or 1.4.2", s)
	}
	for i, part := range parts[1:] {
		if part != "" {
			numbers[i], _ = strconv.Atoi(part) // at most nine digits
		}
	}
	return numbers, nil
}

// isOlder reports whether the version running is lower than least. A version without a number, such as
// "(devel)" or v0.0.0 of an untagged commit, is that of a development build, which is never too old.
func isOlder(running, least string) bool {
	release, suffix, _ := strings.Cut(running, "-")
	release, _, _ = strings.Cut(release, "+")
	have, err := parseVersion(release)
	need, needErr := parseVersion(least)
	if err != nil || needErr != nil || have == [3]int{} {
		return false
	}
	c := slices.Compare(have[:], need[:])
	return c < 0 || c == 0 && suffix != "" // 1.4.0-rc.1 is before 1.4.0
}
