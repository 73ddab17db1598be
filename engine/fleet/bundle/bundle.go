// Package bundle makes, signs, checks and unpacks bundles: files with the scripts, the settings and the
// other files that devices run. It knows no network and runs no Lua, and needs no goroutines.
//
// A bundle begins with its manifest, which lists the files with their sizes and SHA-256, and which
// minisign keys sign. Everything else follows from these signed bytes:
//
//	"moonlark mlb 1\n"              magic
//	uint32, big endian              length of the manifest, at most MaxManifest
//	manifest                        JSON, in one encoding only: see ParseManifest
//	uint32, big endian              length of the signatures, at most 16 KB
//	signatures                      texts as minisign writes them, one after the other
//	content of the files            in the order of the manifest, nothing between them, and no more after them
//
// The container is not a tar archive, because tar repeats names, sizes and kinds of files outside of
// the signed bytes, and a reader would have to handle links, sparse files, and headers that contradict
// the manifest. Here the unsigned part contains no name and no size: a reader knows before the first
// file how many bytes will come, and needs no memory for them. Nothing is compressed, so a small bundle
// cannot become a large one.
package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

const magic = "moonlark mlb 1\n"

// A Bundle is a bundle whose manifest and signatures have been read. Use it from one goroutine at a
// time.
type Bundle struct {
	Manifest      *Manifest
	ManifestBytes []byte      // the exact bytes that are signed
	Signatures    []Signature // not checked before Verify
	Digest        string      // SHA-256 of ManifestBytes in hexadecimal; it identifies the bundle

	verified bool                      // Verify has returned nil
	content  func() (io.Reader, error) // returns the content of the files from its beginning
	close    func() error
}

// New returns the bundle with this manifest and these signatures, which has no content: Unpack and
// CheckFiles return errors.
func New(manifest, signatures []byte) (*Bundle, error) {
	m, err := ParseManifest(manifest)
	if err != nil {
		return nil, damaged(err)
	}
	s, err := ParseSignatures(signatures)
	if err != nil {
		return nil, damaged(err)
	}
	sum := sha256.Sum256(manifest)
	return &Bundle{
		Manifest:      m,
		ManifestBytes: bytes.Clone(manifest),
		Signatures:    s,
		Digest:        hex.EncodeToString(sum[:]),
		content:       func() (io.Reader, error) { return nil, errors.New("the content of the bundle is not here") },
		close:         func() error { return nil },
	}, nil
}

// Read reads the manifest and the signatures of a bundle from r. The content stays in r: it can be read
// once, by [Bundle.Unpack] or [Bundle.CheckFiles]. The error is a [*Refusal] with the reason Damaged.
func Read(r io.Reader) (*Bundle, error) {
	b, err := readHead(r)
	if err != nil {
		return nil, err
	}
	b.content = func() (io.Reader, error) {
		if r == nil {
			return nil, errors.New("the content of the bundle has been read already")
		}
		content := r
		r = nil
		return content, nil
	}
	return b, nil
}

// Open opens the bundle in a file. Its content can be read several times until Close. The error is a
// [*Refusal] with the reason Damaged if the file can be read and is not a bundle.
func Open(path string) (*Bundle, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // os.Open would wait for the writer of a pipe
		return nil, fmt.Errorf("%s: not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := openFile(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

func openFile(f *os.File) (*Bundle, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b, err := readHead(f)
	if err != nil {
		return nil, err
	}
	start, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	if got, want := info.Size()-start, b.Manifest.Size(); got != want {
		return nil, refuse(Damaged, "the content has %d bytes, and the manifest lists %d", got, want)
	}
	b.content = func() (io.Reader, error) { return io.NewSectionReader(f, start, b.Manifest.Size()), nil }
	b.close = f.Close
	return b, nil
}

// Close closes the file of a bundle from [Open]. It does nothing for others.
func (b *Bundle) Close() error { return b.close() }

// Verify returns a [*Refusal] unless enough of keys have signed the manifest. Call it before the
// manifest is believed.
func (b *Bundle) Verify(keys Keys) error {
	err := keys.Verify(b.ManifestBytes, b.Signatures)
	b.verified = err == nil
	return err
}

// readHead reads what comes before the content of the files.
func readHead(r io.Reader) (*Bundle, error) {
	start := make([]byte, len(magic))
	if _, err := io.ReadFull(r, start); err != nil || string(start) != magic {
		return nil, readError(err, "not a bundle of Moonlark")
	}
	manifest, err := readPart(r, MaxManifest)
	if err != nil {
		return nil, readError(err, "the manifest is incomplete or too long")
	}
	signatures, err := readPart(r, maxSignatures*maxSignature)
	if err != nil {
		return nil, readError(err, "the signatures are incomplete or too long")
	}
	return New(manifest, signatures)
}

var errTooLong = errors.New("too long")

// readPart reads a length and as many bytes. It returns errTooLong if they are more than max.
func readPart(r io.Reader, max uint32) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > max {
		return nil, errTooLong
	}
	var part bytes.Buffer // which grows as the bytes arrive
	if _, err := io.CopyN(&part, r, int64(n)); err != nil {
		return nil, err
	}
	return part.Bytes(), nil
}

// readError returns the error of reading a bundle: err, unless the file has ended or is not a bundle.
func readError(err error, what string) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errTooLong) {
		return refuse(Damaged, "%s", what)
	}
	return err
}

// damaged returns err as a Refusal.
func damaged(err error) error { return refuse(Damaged, "%s", err) }
