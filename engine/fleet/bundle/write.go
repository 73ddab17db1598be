package bundle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

var errChanged = errors.New("the file was changed while it was read")

// Write writes a bundle to w: its manifest, which must be from [Manifest.Encode], its signatures, and
// the files. open returns the content of a file, which Write closes. Write returns an error if the
// content is not what the manifest lists.
func Write(w io.Writer, manifest []byte, signatures []Signature, open func(File) (io.ReadCloser, error)) error {
	m, err := ParseManifest(manifest)
	if err != nil {
		return err
	}
	if err := writeHead(w, manifest, signatures); err != nil {
		return err
	}
	for _, f := range m.Files {
		content, err := open(f)
		if err != nil {
			return err
		}
		err = copyFile(w, content, f)
		content.Close()
		var refusal *Refusal
		if errors.As(err, &refusal) {
			return fmt.Errorf("%s: %w", f.Path, errChanged)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Write writes the bundle with its signatures as they are now to w. It returns a [*Refusal] if the
// content is not what the manifest lists.
func (b *Bundle) Write(w io.Writer) error {
	if err := writeHead(w, b.ManifestBytes, b.Signatures); err != nil {
		return err
	}
	return b.copyFiles(func(File) (io.WriteCloser, error) { return unclosed{w}, nil })
}

// unclosed is a WriteCloser whose Close does nothing.
type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }

// writeHead writes what comes before the content of the files.
func writeHead(w io.Writer, manifest []byte, signatures []Signature) error {
	if len(signatures) > maxSignatures {
		return fmt.Errorf("%d signatures are more than the %d allowed", len(signatures), maxSignatures)
	}
	head := []byte(magic)
	for _, part := range [][]byte{manifest, EncodeSignatures(signatures)} {
		head = binary.BigEndian.AppendUint32(head, uint32(len(part)))
		head = append(head, part...)
	}
	_, err := w.Write(head)
	return err
}

// sortFiles sorts files in the order of the manifest.
func sortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
}
