package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"moonlark/engine/fleet/bundle"
)

type bundleKeygenCommand struct {
	Out        string `short:"o" required:"" placeholder:"FILE" help:"File for the secret key, such as shop.key. The public key is written beside it, into shop.pub."`
	NoPassword bool   `help:"Do not encrypt the secret key: whoever can read the file can sign."`
}

// Run makes a key pair and writes its files. It does not replace files.
func (c *bundleKeygenCommand) Run(ctx context.Context, con *console) error {
	publicPath := strings.TrimSuffix(c.Out, ".key") + ".pub"
	if strings.HasSuffix(c.Out, ".pub") {
		return &usageError{errors.New("--out: the name of the secret key must not end with .pub")}
	}
	for _, path := range []string{c.Out, publicPath} {
		if exists(path) {
			return fmt.Errorf("%s is there already: keys are not replaced", path)
		}
	}
	password := ""
	if !c.NoPassword {
		var err error
		if password, err = newPassword(ctx, con); err != nil {
			return err
		}
	}
	public, secretFile, publicFile, err := bundle.GenerateKey(password)
	if err != nil {
		return err
	}
	if err := writeNew(c.Out, secretFile, 0o600); err != nil {
		return err
	}
	if err := writeNew(publicPath, publicFile, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(con.stdout, "key %s\n", bundle.KeyID(public.ID()))
	printRow(con.stdout, "  ", c.Out, "the secret key: keep it away from the devices, and a copy of it in a safe place")
	printRow(con.stdout, "  ", publicPath, "the public key: devices trust it")
	return nil
}

// writeNew writes a file, which must not exist.
func writeNew(path string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

type bundleSignCommand struct {
	Bundle    string `arg:"" help:"The bundle, which is changed."`
	Key       string `xor:"how" required:"" placeholder:"FILE" help:"Secret key to sign with."`
	Manifest  string `xor:"how" required:"" placeholder:"FILE" help:"Do not sign, but write the text to sign into this file, for minisign on another machine."`
	Signature string `xor:"how" required:"" placeholder:"FILE" help:"Add a signature that minisign has made of the text of --manifest. It replaces an older signature by the same key."`
}

// Run adds a signature to the bundle, or writes the text to sign.
func (c *bundleSignCommand) Run(ctx context.Context, con *console) error {
	b, err := bundle.Open(c.Bundle)
	if err != nil {
		return err
	}
	defer b.Close()
	if c.Manifest != "" {
		write := func(w io.Writer) error { _, err := w.Write(b.ManifestBytes); return err }
		if err := replaceFile(c.Manifest, write); err != nil {
			return err
		}
		fmt.Fprintf(con.stdout, "%s: the text to sign of bundle %s\n", c.Manifest, b.Manifest.Name())
		return nil
	}
	s, err := c.signature(ctx, con, b)
	if err != nil {
		return err
	}
	isOld := func(other bundle.Signature) bool { return other.KeyID == s.KeyID }
	if c.Signature != "" { // the old one may be of another text
		b.Signatures = slices.DeleteFunc(b.Signatures, isOld)
	} else if slices.ContainsFunc(b.Signatures, isOld) {
		return fmt.Errorf("%s: there is a signature of the key %s already", c.Bundle, bundle.KeyID(s.KeyID))
	}
	if ctx.Err() != nil { // while the password was asked for
		return context.Cause(ctx)
	}
	b.Signatures = append(b.Signatures, s)
	write := func(w io.Writer) error { return errors.Join(b.Write(w), b.Close()) } // Windows replaces only closed files
	if err := replaceFile(c.Bundle, write); err != nil {
		return fmt.Errorf("%s: %w", c.Bundle, err)
	}
	fmt.Fprintf(con.stdout, "%s: bundle %s, signed by %s\n", c.Bundle, b.Manifest.Name(), bundle.KeyID(s.KeyID))
	return nil
}

// signature returns the signature to add.
func (c *bundleSignCommand) signature(ctx context.Context, con *console, b *bundle.Bundle) (bundle.Signature, error) {
	if c.Signature != "" {
		return bundle.ReadSignature(c.Signature)
	}
	key, err := bundle.ReadPrivateKey(c.Key, func() (string, error) { return readPassword(ctx, con, "password of "+c.Key) })
	if err != nil {
		return bundle.Signature{}, err
	}
	return bundle.Sign(key, b.ManifestBytes, "bundle "+b.Manifest.Name(), time.Now())
}

// newPassword asks for the password of a new key, twice.
func newPassword(ctx context.Context, con *console) (string, error) {
	password, err := readPassword(ctx, con, "password for the new key")
	if err != nil {
		return "", err
	}
	if password == "" {
		return "", errors.New("the password is empty: --no-password makes a key without one")
	}
	again, err := readPassword(ctx, con, "the same password again")
	if err == nil && again != password {
		err = errors.New("the passwords differ")
	}
	return password, err
}

// readPassword asks for a password at the terminal, which does not show it. A signal ends the process
// meanwhile, because nothing can interrupt the reading.
func readPassword(ctx context.Context, con *console, question string) (string, error) {
	terminal := int(os.Stdin.Fd())
	state, err := term.GetState(terminal)
	if err != nil {
		return "", errors.New("a password can be typed only at a terminal (keygen --no-password makes a key without one)")
	}
	con.onExit(exitFailed, func() { term.Restore(terminal, state) })
	defer context.AfterFunc(ctx, con.exit)()
	var asking sync.WaitGroup
	asking.Go(func() {
		awaitChange(terminal, state)
		fmt.Fprintf(con.stderr, "%s: ", question)
	})
	password, err := term.ReadPassword(terminal)
	asking.Wait()
	fmt.Fprintln(con.stderr)
	return string(password), err
}

// awaitChange waits until the terminal has another state, at most for a second. ReadPassword makes the terminal stop
// showing what is typed; a question before that would make a fast user show the password.
func awaitChange(terminal int, state *term.State) {
	for range 1000 {
		now, err := term.GetState(terminal)
		if err != nil || !reflect.DeepEqual(now, state) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
