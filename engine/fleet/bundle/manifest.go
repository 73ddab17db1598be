package bundle

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"moonlark/engine/safetext"
)

// Format is the name of the format, with its number. Every manifest begins with it.
const Format = "moonlark bundle 1"

// The limits of a bundle. Make and Read refuse what is larger.
const (
	MaxManifest   = 64 << 10 // bytes of the manifest
	MaxFiles      = 1000     // files in a bundle
	MaxSize       = 64 << 20 // bytes of all files together
	MaxVersion    = 1<<53 - 1
	MaxTrial      = 24 * time.Hour
	maxNotes      = 4 << 10
	maxSignatures = 16
)

// A Manifest says what a bundle contains, and which devices may use it. Its encoding is what keys
// sign.
type Manifest struct {
	Format string `json:"format"` // the constant Format

	Fleet   string `json:"fleet,omitempty"`   // fleet that the bundle is for; empty for every fleet
	Channel string `json:"channel,omitempty"` // channel that the bundle is for, such as "beta"; empty for every channel

	Version int64 `json:"version"`         // grows with every release
	Floor   int64 `json:"floor,omitempty"` // devices that have seen this bundle refuse lower versions for ever

	For []string `json:"for,omitempty"` // devices and groups that the bundle is for; empty for all

	Created time.Time `json:"created"`          // UTC, whole seconds
	Expires time.Time `json:"expires,omitzero"` // devices do not begin to use the bundle from then on; zero for never

	Moonlark string `json:"moonlark,omitempty"` // lowest version of Moonlark that can run the bundle, such as "1.4"

	Scripts  []string `json:"scripts"`            // paths of the scripts to run; all are among Files
	Files    []File   `json:"files"`              // sorted by Path
	Settings string   `json:"settings,omitempty"` // text of a moonlark.toml

	Trial int64  `json:"trial,omitempty"` // seconds that the bundle is on trial after its start; 0 for the default of the device
	Notes string `json:"notes,omitempty"` // what has changed, for people
}

// A File is a file of a bundle.
type File struct {
	Path   string `json:"path"`   // relative, with slashes; see [CheckPath]
	Size   int64  `json:"size"`   // bytes
	SHA256 string `json:"sha256"` // lower-case hexadecimal
}

// prefix is what the bytes of a manifest begin with. Keys sign other texts too (see [KeySet]); the
// prefix ensures that no text can be taken for one of another kind.
const prefix = `{"format":"` + Format + `",`

// Encode returns the bytes of the manifest, for signing. It returns an error if the manifest breaks a
// rule of the format. Equal manifests have equal bytes.
func (m *Manifest) Encode() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	text, err := encode(m)
	if err == nil && len(text) > MaxManifest {
		err = fmt.Errorf("manifest: %d bytes are more than the %d allowed", len(text), MaxManifest)
	}
	return text, err
}

// ParseManifest reads the bytes of a manifest. A manifest has one encoding: text that [Manifest.Encode]
// would not have written is refused, so there are no unknown or repeated fields. The error does not
// repeat long parts of text.
func ParseManifest(text []byte) (*Manifest, error) {
	m := new(Manifest)
	if err := decode(text, prefix, MaxManifest, m); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return m, nil
}

// Size returns the number of bytes of all files.
func (m *Manifest) Size() int64 {
	var sum int64
	for _, f := range m.Files {
		sum += f.Size
	}
	return sum
}

// TrialLength returns how long the bundle is on trial, or 0 if the manifest does not say.
func (m *Manifest) TrialLength() time.Duration { return time.Duration(m.Trial) * time.Second }

// Name returns the bundle's name for people: the fleet, if the manifest has one, and the version, such
// as "shop 17".
func (m *Manifest) Name() string {
	if m.Fleet == "" {
		return fmt.Sprint(m.Version)
	}
	return fmt.Sprintf("%s %d", m.Fleet, m.Version)
}

// encode returns v as JSON in the one encoding that decode accepts.
func encode(v any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

// decode reads JSON text, which must begin with prefix, into v. It returns an error unless encode
// returns the same text for v.
func decode(text []byte, prefix string, max int, v any) error {
	switch {
	case len(text) > max:
		return fmt.Errorf("%d bytes are more than the %d allowed", len(text), max)
	case !bytes.HasPrefix(text, []byte(prefix)):
		return errors.New("the text does not begin with " + prefix)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errors.New(safetext.Cut(safetext.Line(err.Error()), 200, "..."))
	}
	again, err := encode(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(text, again) {
		return errors.New("the text is not in the one encoding that the format allows")
	}
	return nil
}

// deviceName is the form of the names of fleets, channels, groups and devices.
var deviceName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// CheckName returns an error unless s can be the name of a fleet, a channel, a group or a device.
func CheckName(s string) error {
	if !deviceName.MatchString(s) {
		return fmt.Errorf("%.80q: a name has lower-case letters, digits and -, begins with a letter or digit, and has at most 63 characters", s)
	}
	return nil
}

// check returns an error if the manifest breaks a rule of the format.
func (m *Manifest) check() error {
	if m.Format != Format {
		return fmt.Errorf("format %.80q: only %q is known", m.Format, Format)
	}
	for _, name := range []struct{ field, value string }{{"fleet", m.Fleet}, {"channel", m.Channel}} {
		if err := CheckName(name.value); name.value != "" && err != nil {
			return fmt.Errorf("%s: %w", name.field, err)
		}
	}
	for i, name := range m.For {
		if err := CheckName(name); err != nil {
			return fmt.Errorf("for: %w", err)
		}
		if slices.Contains(m.For[:i], name) {
			return fmt.Errorf("for: %s is listed twice", name)
		}
	}
	if m.Version < 1 || m.Version > MaxVersion {
		return fmt.Errorf("version %d: not between 1 and %d", m.Version, int64(MaxVersion))
	}
	if m.Floor < 0 || m.Floor > m.Version {
		return fmt.Errorf("floor %d: not between 0 and the version, %d", m.Floor, m.Version)
	}
	if err := m.checkTimes(); err != nil {
		return err
	}
	if _, err := parseVersion(m.Moonlark); m.Moonlark != "" && err != nil {
		return fmt.Errorf("moonlark: %w", err)
	}
	if !utf8.ValidString(m.Settings) {
		return errors.New("settings: the text is not UTF-8")
	}
	if len(m.Notes) > maxNotes || !utf8.ValidString(m.Notes) {
		return fmt.Errorf("notes: not UTF-8, or longer than %d bytes", maxNotes)
	}
	if err := checkFiles(m.Files); err != nil {
		return err
	}
	return m.checkScripts()
}

func (m *Manifest) checkTimes() error {
	for _, t := range []struct {
		field string
		time  time.Time
	}{{"created", m.Created}, {"expires", m.Expires}} {
		if t.time.IsZero() && t.field == "expires" {
			continue
		}
		if t.time.Location() != time.UTC || t.time.Nanosecond() != 0 || t.time.Year() < 1970 || t.time.Year() > 9999 {
			return fmt.Errorf("%s: not whole seconds of UTC between 1970 and 9999", t.field)
		}
	}
	if !m.Expires.IsZero() && !m.Expires.After(m.Created) {
		return errors.New("expires: not later than created")
	}
	if m.Trial < 0 || m.Trial > int64(MaxTrial/time.Second) {
		return fmt.Errorf("trial: not between 0 and %d seconds", int64(MaxTrial/time.Second))
	}
	return nil
}

func (m *Manifest) checkScripts() error {
	if len(m.Scripts) == 0 {
		return errors.New("scripts: there are none")
	}
	paths := make(map[string]bool, len(m.Files))
	for _, f := range m.Files {
		paths[f.Path] = true
	}
	for i, s := range m.Scripts {
		switch {
		case !paths[s]:
			return fmt.Errorf("scripts: %.200q is not among the files", s)
		case path.Ext(s) != ".lua":
			return fmt.Errorf("scripts: %.200q does not end with .lua", s)
		case slices.Contains(m.Scripts[:i], s):
			return fmt.Errorf("scripts: %.200q is listed twice", s)
		}
	}
	return nil
}

// checkFiles checks the paths, sizes and hashes of files, and the limits of a bundle.
func checkFiles(files []File) error {
	if len(files) > MaxFiles {
		return fmt.Errorf("files: %d are more than the %d allowed", len(files), MaxFiles)
	}
	left := int64(MaxSize)
	for i, f := range files {
		if err := CheckPath(f.Path); err != nil {
			return fmt.Errorf("files: %w", err)
		}
		if i > 0 && files[i-1].Path >= f.Path {
			return fmt.Errorf("files: %.200q is not in the order of paths, or listed twice", f.Path)
		}
		if f.Size < 0 || f.Size > left {
			return fmt.Errorf("files: %.200q: with its %d bytes the files have more than the %d allowed", f.Path, f.Size, MaxSize)
		}
		left -= f.Size
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != 32 || hex.EncodeToString(sum) != f.SHA256 {
			return fmt.Errorf("files: %.200q: the SHA-256 is not 64 lower-case hexadecimal digits", f.Path)
		}
	}
	return checkCollisions(files)
}
