package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/permit"
	"moonlark/engine/safetext"
)

type bundleCommand struct {
	Keygen bundleKeygenCommand `cmd:"" help:"Make a key pair for signing bundles, in the format of minisign."`
	Make   bundleMakeCommand   `cmd:"" help:"Pack a folder into a bundle. The bundle is not signed yet."`
	Sign   bundleSignCommand   `cmd:"" help:"Add a signature to a bundle."`
	Verify bundleVerifyCommand `cmd:"" help:"Check the signatures and the files of a bundle, and print what it contains."`

	Install bundleInstallCommand `cmd:"" help:"Put a bundle into the store of this device. The running moonlark switches to it, or else the next start."`
}

type bundleVerifyCommand struct {
	Bundle    string   `arg:"" help:"The bundle."`
	Trust     []string `required:"" sep:"none" placeholder:"FILE" help:"Public key that is trusted. Repeat the flag for more keys."`
	Threshold int      `default:"1" help:"How many of the trusted keys must have signed (${default})."`
}

// Run prints what the bundle contains if enough trusted keys have signed it and all files are intact.
func (c *bundleVerifyCommand) Run(con *console) error {
	keys, err := c.keys()
	if err != nil {
		return &usageError{err}
	}
	b, err := bundle.Open(c.Bundle)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Verify(keys); err != nil { // before anything of the manifest is shown
		return fmt.Errorf("%s: %w", c.Bundle, err)
	}
	if err := b.CheckFiles(); err != nil {
		return fmt.Errorf("%s: %w", c.Bundle, err)
	}
	printManifest(con.stdout, b)
	for _, key := range keys.Signers(b.ManifestBytes, b.Signatures) {
		printRow(con.stdout, "  ", "signed by", bundle.KeyID(key.ID()))
	}
	return nil
}

// keys returns the trusted keys.
func (c *bundleVerifyCommand) keys() (bundle.Keys, error) {
	var public []bundle.PublicKey
	for _, path := range c.Trust {
		key, err := bundle.ReadPublicKey(path)
		if err != nil {
			return bundle.Keys{}, err
		}
		public = append(public, key)
	}
	return bundle.NewKeys(c.Threshold, public...)
}

// printManifest prints what a bundle contains.
func printManifest(w io.Writer, b *bundle.Bundle) {
	m := b.Manifest
	fmt.Fprintf(w, "bundle %s\n", m.Name())
	row := func(name, text string) {
		if text != "" {
			printRow(w, "  ", name, safetext.Line(text))
		}
	}
	row("digest", b.Digest)
	row("created", m.Created.Format(time.RFC3339))
	if !m.Expires.IsZero() {
		row("expires", m.Expires.Format(time.RFC3339))
	}
	if m.Floor > 0 {
		row("floor", fmt.Sprint(m.Floor))
	}
	row("channel", m.Channel)
	row("for", strings.Join(m.For, ", "))
	row("moonlark", m.Moonlark)
	if m.Trial > 0 {
		row("trial", m.TrialLength().String())
	}
	row("notes", m.Notes)
	row("scripts", strings.Join(m.Scripts, ", "))
	if m.Settings != "" {
		row("settings", fmt.Sprintf("%d bytes", len(m.Settings)))
	}
	row("files", fmt.Sprintf("%d, %d bytes", len(m.Files), m.Size()))
	for _, f := range m.Files {
		fmt.Fprintf(w, "    %9d  %s\n", f.Size, f.Path)
	}
}

// replaceFile writes a file, so that at every time the path has its old content or all of the new one. If
// the path is a symbolic link, it replaces the file to which the link leads.
func replaceFile(path string, write func(io.Writer) error) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer root.Close()
	return permit.ReplaceIn(root, filepath.Base(path), permit.Replacement{Mode: 0o644, Sync: true, Write: write})
}
